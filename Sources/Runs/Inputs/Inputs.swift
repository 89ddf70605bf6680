import Evidence
import ModelFile
import Models

/// A model and a dataset that are open, fit together, and are ready to be evaluated.
package struct Inputs {
  let modelPath: String
  let model: NetworkModel
  let modelDigest: FileDigest
  let source: any FileSource
  let dataDigest: FileDigest
  /// The data and what happens to each example.
  let data: Dataset
  /// The order in which the stored axes are taken, where one was asked for.
  let axes: [Int]?
  /// Where covariates were said to be.
  let covariatePlaces: [String: String]
  /// The examples to evaluate; never empty.
  var examples: Range<Int>
  /// What is met while they are evaluated.
  let events = RunEvents()

  /// Opens both files.
  ///
  /// - Throws: What is wrong with either, or with the two together, before anything is evaluated.
  init(_ request: InputsRequest, host: any RunHost) throws {
    modelPath = request.model
    try FileRole.checkOrder(model: request.model, data: request.data)
    try FileRole.model.check(request.model)
    model = try NetworkModel(ModelFile.read(request.model))
    host.log(
      "model read",
      ["path": request.model, "latents": "\(model.latentCounts)", "kernels": "\(model.instructionSet)"])

    try FileRole.data.check(request.data)
    axes = request.preparation.axes
    covariatePlaces = request.preparation.covariates
    let source = try ExampleFile.open(request.data, dataset: request.dataset, axes: axes)
    self.source = source
    do {
      data = try Dataset(source, for: model, choosing: request.preparation)
    } catch let error as EvidenceError {
      throw error.at("\(request.data): \(source.path)")
    }
    examples = try request.examples?.resolved(count: source.count) ?? 0..<source.count
    modelDigest = FileDigest(request.model)
    dataDigest = request.dataDigest
    host.log("data opened", ["path": request.data, "dataset": source.path, "examples": "\(examples)"])
  }

  /// What to do about an error that names a conditional.
  private func remedy(of error: String) -> Remedy? {
    let description = model.description
    func find(_ conditionals: [Conditional], _ name: String) -> Conditional? {
      conditionals.enumerated().first { error.hasPrefix("/\(name)/\($0.offset + 1):") }?.element
    }
    return (find(description.encoders, "encoder") ?? find(description.decoders, "decoder"))
      .flatMap(\.remedyOfDomain)
  }

  /// Runs `body` and says in which file the trouble was, where the library knows of examples and layers only.
  func locatingErrors<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as EvidenceError {
      switch error.code {
      case .invalidData: throw error.at("\(source.file): \(source.path)")
      case .invalidModel:
        let remedies = [remedy(of: error.message)].compactMap(\.self) + error.remedies
        throw EvidenceError(error.code, "\(modelPath): \(error.message)", remedies: remedies)
      default: throw error
      }
    }
  }
}

extension Inputs {
  /// The options that say which data are taken.
  var dataOptions: [String: String] {
    var options: [String: String] = [:]
    for (name, path) in covariatePlaces { options[ResultsSettings.covariateOption + name] = path }
    if let axes { options[ResultsSettings.axesOption] = axes.map(String.init).joined(separator: ",") }
    return options
  }

  /// What the rows of a results file depend on.
  func settings(
    command: String, estimator: String, options: [String: String] = [:], samples: Int, curveSamples: [Int], seed: UInt64
  ) throws -> ResultsSettings {
    var settings = try ResultsSettings(
      command: command, estimator: estimator, options: options.merging(dataOptions) { $1 }, samples: samples,
      curveSamples: curveSamples, seed: seed,
      modelSHA256: modelDigest.hex(), dataSHA256: dataDigest.hex(), dataset: source.path,
      preprocessing: data.preprocessing,
      examples: examples, evidenceVersion: PackageVersion.current, modelPath: modelPath, dataPath: source.file)
    settings.facts = ResultsSettings.Facts(of: model)
    return settings
  }
}

extension ResultsSettings.Facts {
  /// What readers of the file want to know of the model.
  init(of model: NetworkModel) {
    self.init()
    modelName = model.description.about.name
    likelihood = model.likelihood.rawValue
    condition = model.plan.covariates.words
    elements = model.inputCount
    instructionSet = "\(model.instructionSet)"
  }
}

extension Conditional {
  /// What to do about a network that gives one of its parameters outside its domain; nil where that does not say.
  fileprivate var remedyOfDomain: Remedy? {
    let names = Set(parameters.keys)
    if names.contains(.probabilities) { return .storeLogits }
    return [ParameterName.scale, .variance].first(where: names.contains).map { .storeLogVariance(insteadOf: $0) }
  }
}
