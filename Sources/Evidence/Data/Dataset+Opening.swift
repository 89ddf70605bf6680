import Models

extension Dataset {
  /// Opens the examples of an HDF5 file for a model: prepared as the model file says, unless the stored data show that it was
  /// done before.
  ///
  ///     let data = try Dataset(file: "mnist.h5", dataset: "test/images", for: model)
  ///
  /// A test set binarized once is often stored as 0 and 1, while the model file says to divide by 255 and to binarize, as
  /// its training data needed. Doing so again would leave almost nothing but zeros, and a log-likelihood that looks fine.
  /// Such data are taken as they are, and `preparation.leftOut` says so.
  ///
  /// `file`: the file's path.
  ///
  /// `dataset`: the dataset's path inside the file; without it, the only one of two or more axes.
  ///
  /// `choice`: steps to take whatever the model file says. Who says how to divide or dequantize knows how the data are
  /// stored: then the data aren't looked at.
  ///
  /// - Throws: `HDF5Error` where the file can't be read; `EvidenceError` (`invalidData`) where it holds several datasets
  ///   that could be meant, where examples have another shape than the model takes, or their axes another order, and where
  ///   grey values are all in [0, 1] yet the model file says to divide them.
  public init(
    file: String, dataset: String? = nil, for model: NetworkModel, choosing choice: PreparationChoice = .init()
  ) throws {
    let source = try ExampleFile.open(file, dataset: dataset, axes: choice.axes)
    do {
      try self.init(source, for: model, choosing: choice)
    } catch let error as EvidenceError {
      throw error.at("\(file): \(source.path)")
    }
  }

  /// Takes examples from anywhere for a model: as `init(file:dataset:for:choosing:)`.
  ///
  /// - Throws: As that, and what reading the examples throws.
  public init(
    _ examples: some ExampleSource, for model: NetworkModel, choosing choice: PreparationChoice = .init()
  ) throws {
    let input = model.description.input
    let source: any ExampleSource = try NamedVariables(examples, in: input.names) ?? examples
    var preprocessing = Preprocessing(input)
    var preparation = Preparation()
    let decidesOnScale = choice.divideBy != nil || choice.dequantize != nil
    if !decidesOnScale, preprocessing.divideBy > 1, !preprocessing.dequantize, try Dataset.isBinary(source) {
      preparation.leftOut = preprocessing
      preprocessing = Preprocessing()
    }
    func origin(_ isChosen: Bool, _ isInModelFile: Bool) -> Preparation.Origin {
      isChosen ? .caller : preparation.leftOut != nil ? .data : isInModelFile ? .modelFile : .nobody
    }
    preparation.binarize = origin(choice.binarize != nil, input.binarize != nil)
    preparation.divideBy = origin(choice.divideBy != nil, input.divideBy != nil)
    preparation.dequantize = origin(choice.dequantize != nil, input.dequantize != nil)
    if let binarize = choice.binarize { preprocessing.binarize = binarize }
    if let divideBy = choice.divideBy { preprocessing.divideBy = divideBy }
    if let dequantize = choice.dequantize { preprocessing.dequantize = dequantize }
    self.init(source, preprocessing: preprocessing, preparation: preparation)
    guard elementCount == model.inputCount else {
      throw Dataset.wrongShape(self, input.shape, model.inputCount, advises: choice.axes == nil)
    }
    let shape = [source.count] + source.exampleShape
    if choice.axes == nil, let (message, order) = AxisOrder.disagreement(shape, model: input.shape) {
      throw EvidenceError(.invalidData, message, remedies: [.orderAxes(order)])
    }
    guard count > 0 else { throw EvidenceError(.invalidData, "the dataset holds no examples") }
    let layout = model.plan.covariates
    if let file = source as? any FileSource {
      if model.likelihood.isOfCounts { try CountSearch(file).requireCounts(self) }
      covariates = try CovariateSearch(file: file.file, path: file.path, count: count, named: choice.covariates)
        .covariates(layout)
    } else if layout.covariates.isEmpty, layout.hasTotal {
      covariates = ExampleCovariates(layout, columns: [])
    }
    if preparation.divideBy == .modelFile, preprocessing.divideBy > 2 { try requireUndivided(preprocessing.divideBy) }
  }

  private static func wrongShape(
    _ data: Dataset, _ expected: [Int], _ elements: Int, advises: Bool
  ) -> EvidenceError {
    let shape = [data.source.count] + data.source.exampleShape
    let count = data.elementCount == 1 ? "1 element" : "\(data.elementCount) elements"
    let axis = advises ? AxisOrder.axisOfExamples(shape, elements: elements) : nil
    return EvidenceError(
      .invalidData,
      "an example has \(count)\nexpected \(elements), as the model takes \(words(expected)); found shape \(words(shape))",
      remedies: axis.map { [.takeExamples(alongAxis: $0, order: [$0] + shape.indices.filter { $0 != axis })] } ?? [])
  }

  private static func words(_ shape: [Int]) -> String { "[\(shape.map(String.init).joined(separator: ", "))]" }

  /// Refuses grey values that are all in [0, 1] where only the model file says to divide them: they were divided before,
  /// and dividing again would quietly give the likelihood of almost black images.
  ///
  /// One example with a larger value settles it, so 8-bit data cost nothing. Bits may be divided by two (dequantized).
  private func requireUndivided(_ divisor: Double) throws {
    let stored = Dataset(source)
    for start in stride(from: 0, to: count, by: 256) {
      let batch = try stored.batch(start..<min(start + 256, count))
      guard batch.values.allSatisfy({ $0 >= 0 && $0 <= 1 }) else { return }
    }
    throw EvidenceError(
      .invalidData, "every stored value is in [0, 1] already, yet the model file says to divide by \(divisor.plain)",
      remedies: [.takeAsStored, .divide(by: divisor)])
  }

  /// Examples looked at to tell whether the data were prepared before they were stored. Always the first of the dataset,
  /// whatever range is evaluated, so that the range can't change a result.
  private static let examplesLookedAt = 1024

  /// Whether the first examples hold 0 and 1, both, and nothing else.
  private static func isBinary(_ source: any ExampleSource) throws -> Bool {
    let stored = Dataset(source)
    var sawOne = false
    var sawZero = false
    for first in stride(from: 0, to: min(source.count, examplesLookedAt), by: 64) {
      for value in try stored.batch(first..<min(first + 64, source.count)).values {
        if value == 1 { sawOne = true } else if value == 0 { sawZero = true } else { return false }
      }
    }
    return sawOne && sawZero
  }
}

extension Double {
  /// Without decimals where there are none.
  fileprivate var plain: String { self == rounded() && magnitude < 1e15 ? String(Int(self)) : String(self) }
}
