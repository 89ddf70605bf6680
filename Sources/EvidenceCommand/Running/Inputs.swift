import Evidence
import Foundation
import KerasImport
import ModelFile
import Models

/// A model and a dataset that are open, fit together, and are ready to be evaluated.
struct Inputs {
  let modelPath: String
  let model: NetworkModel
  let modelDigest: String
  let source: any FileSource
  let dataDigest: String
  /// The data and what happens to each example.
  let data: Dataset
  /// Where each step of the preprocessing was asked for.
  let origins: PreparedData.Origins
  /// Where the model file was not followed because the data were prepared before they were stored.
  let note: String?
  /// The order in which the stored axes are taken, where the command line says one.
  let axes: AxesOrder?
  /// The examples to evaluate; never empty.
  let examples: Range<Int>

  /// What is worth saying about how the data are stored and taken.
  var notes: [String] {
    [note].compactMap { $0.map { $0 + " (say --divide-by and --binarize to decide)" } } + source.notes
      + (takesIntegersAsDensity() ? [Warnings.integersAsDensity(divisor: data.preprocessing.divideBy)] : [])
  }

  /// Opens both files.
  ///
  /// - Throws: What is wrong with either, or with the two together, before anything is evaluated.
  init(_ options: ModelAndDataOptions) throws {
    modelPath = options.model
    let description = try ModelFile.read(options.model)
    model = try NetworkModel(description)
    Log.debug(
      "model read",
      ["path": options.model, "latents": "\(model.latentCounts)", "kernels": "\(model.instructionSet)"])

    source = try HDF5Source(file: options.data, dataset: options.dataset, axes: options.axes?.order)
    axes = options.axes
    let prepared = try PreparedData(source, description.input, options)
    data = prepared.data
    origins = prepared.origins
    note = prepared.note
    guard data.elementCount == model.inputCount else {
      throw CommandError(
        .invalidInput,
        """
        \(options.data): \(source.path): an example has \(Text.counted(data.elementCount, "element"))
        expected \(model.inputCount), as the model takes \(Text.shape(description.input.shape)); \
        found shape \(Text.shape([source.count] + source.exampleShape))
        \(axes == nil ? Inputs.axesAdvice(source, description.input.shape) : "")
        """)
    }
    try Inputs.requireOrder(of: source, description.input.shape, isSaid: axes != nil)
    guard source.count > 0 else {
      throw CommandError(.invalidInput, "\(options.data): \(source.path): the dataset holds no examples")
    }
    try prepared.requireUndivided(source)
    examples = try options.examples?.resolved(count: source.count) ?? 0..<source.count
    modelDigest = try SHA256.hexDigest(ofFile: options.model)
    dataDigest = try SHA256.hexDigest(ofFile: options.data)
    Log.debug("data opened", ["path": options.data, "dataset": source.path, "examples": "\(examples)"])
  }

  /// Whether the likelihood is Bernoulli and some example is grey once prepared: the result is then a cross-entropy.
  ///
  /// Reads the examples until it finds one, without evaluating anything.
  func isCrossEntropy(seed: UInt64) throws -> Bool {
    guard model.likelihood == .bernoulli, data.preprocessing.binarize == .none else { return false }
    for start in stride(from: examples.lowerBound, to: examples.upperBound, by: 256) {
      let batch = try data.batch(start..<min(start + 256, examples.upperBound), seed: seed)
      if batch.values.contains(where: { $0 > 0 && $0 < 1 }) { return true }
    }
    return false
  }

  /// The model without latents that fits the examples best; nil where there are too few of them.
  func constantModel(seed: UInt64) throws -> ConstantModel? {
    try ConstantModel(
      of: data, examples, likelihood: model.likelihood, bins: model.description.decoders.first?.bins ?? 256,
      seed: seed, check: Interruption.shared.cancellation.check)
  }

  /// Whether whole numbers are taken as values of a density, whose likelihood then depends on their unit alone.
  func takesIntegersAsDensity() -> Bool {
    guard !data.preprocessing.dequantize, source.storesIntegers else { return false }
    switch model.likelihood {
    case .normal, .fullNormal, .laplace, .beta, .continuousBernoulli: return true
    default: return false
    }
  }

  /// What to do about an error that names a conditional.
  private func advice(on error: String) -> String? {
    let description = model.description
    func find(_ conditionals: [Conditional], _ name: String) -> Conditional? {
      conditionals.enumerated().first { error.hasPrefix("/\(name)/\($0.offset + 1):") }?.element
    }
    return (find(description.encoders, "encoder") ?? find(description.decoders, "decoder"))
      .flatMap(Warnings.adviceOnDomain)
  }

  /// Runs `body` and says in which file the trouble was, where the library knows of examples and layers only.
  func locatingErrors<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as EvidenceError {
      switch error.code {
      case .invalidData: throw EvidenceError(error.code, "\(source.file): \(source.path): \(error.description)")
      case .invalidModel:
        let advice = advice(on: error.description).map { "\n" + $0 } ?? ""
        throw EvidenceError(error.code, "\(modelPath): \(error.description)\(advice)")
      default: throw error
      }
    }
  }
}

extension Inputs {
  /// Refuses examples whose axes are in another order than the model's, unless the command line says the order.
  private static func requireOrder(of source: any FileSource, _ model: [Int], isSaid: Bool) throws {
    let shape = [source.count] + source.exampleShape
    guard !isSaid, let (message, order) = AxisOrder.disagreement(shape, model: model) else { return }
    let remedy =
      order.map { "to exchange them: --axes " + $0.map(String.init).joined(separator: ",") }
      ?? "store the examples in the model's shape, or say an order with --axes"
    throw CommandError(.invalidInput, "\(source.file): \(source.path): \(message)\n\(remedy)")
  }

  /// An order of the axes in which the examples would have as many elements as the model takes: a hint.
  private static func axesAdvice(_ source: any FileSource, _ model: [Int]) -> String {
    let shape = [source.count] + source.exampleShape
    let elements = model.reduce(1, *)
    guard shape.count > 1,
      let axis = shape.indices.dropFirst().first(where: { axis in
        shape.enumerated().allSatisfy { $0.offset == axis || $0.element > 0 }
          && shape.enumerated().reduce(1, { $1.offset == axis ? $0 : min(1 << 40, $0 * $1.element) }) == elements
      })
    else { return "" }
    let order = [axis] + shape.indices.filter { $0 != axis }
    return "the examples may lie along axis \(axis): --axes " + order.map(String.init).joined(separator: ",")
  }

  /// What the rows of a results file depend on.
  func settings(
    command: String, estimator: String, options: [String: String] = [:], samples: Int, curveSamples: [Int], seed: UInt64
  ) -> ResultsSettings {
    var options = options
    if let axes { options["axes"] = axes.text }
    return ResultsSettings(
      command: command, estimator: estimator, options: options, samples: samples, curveSamples: curveSamples,
      seed: seed,
      modelSHA256: modelDigest, dataSHA256: dataDigest, dataset: source.path, preprocessing: data.preprocessing,
      examples: examples, evidenceVersion: RootCommand.version, modelPath: modelPath, dataPath: source.file)
  }
}
