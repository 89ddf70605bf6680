import Evidence
import KerasImport
import ModelFile
import Models

/// A model and a dataset that are open, fit together, and are ready to be evaluated.
struct Inputs {
  let modelPath: String
  let model: NetworkModel
  let modelDigest: FileDigest
  let source: any FileSource
  let dataDigest: FileDigest
  /// The data and what happens to each example.
  let data: Dataset
  /// The order in which the stored axes are taken, where the command line says one.
  let axes: AxesOrder?
  /// The examples to evaluate; never empty.
  var examples: Range<Int>
  /// What is met while they are evaluated.
  let events = RunEvents()

  /// Opens both files.
  ///
  /// - Throws: What is wrong with either, or with the two together, before anything is evaluated.
  init(_ options: ModelAndDataOptions) throws {
    modelPath = options.model
    try FirstContact.check(options.model, as: .model)
    let description = try ModelFile.read(options.model)
    model = try NetworkModel(description)
    Log.debug(
      "model read",
      ["path": options.model, "latents": "\(model.latentCounts)", "kernels": "\(model.instructionSet)"])

    try FirstContact.check(options.data, as: .data)
    let source = try ExampleFile.open(options.data, dataset: options.dataset, axes: options.axes?.order)
    self.source = source
    axes = options.axes
    let choice = PreparationChoice(
      binarize: options.binarize, divideBy: options.divideBy, dequantize: options.dequantize, axes: options.axes?.order)
    do {
      data = try Dataset(source, for: model, choosing: choice)
    } catch let error as EvidenceError {
      throw error.at("\(options.data): \(source.path)")
    }
    examples = try options.examples?.resolved(count: source.count) ?? 0..<source.count
    modelDigest = FileDigest(options.model)
    dataDigest = FileDigest(options.data)
    Log.debug("data opened", ["path": options.data, "dataset": source.path, "examples": "\(examples)"])
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
      case .invalidData: throw error.at("\(source.file): \(source.path)")
      case .invalidModel:
        let advice = advice(on: error.message).map { "\n" + $0 } ?? ""
        throw EvidenceError(error.code, "\(modelPath): \(error.message)\(advice)", remedies: error.remedies)
      default: throw error
      }
    }
  }
}

extension Inputs {
  /// What the rows of a results file depend on.
  func settings(
    command: String, estimator: String, options: [String: String] = [:], samples: Int, curveSamples: [Int], seed: UInt64
  ) throws -> ResultsSettings {
    var options = options
    if let axes { options["axes"] = axes.text }
    return try ResultsSettings(
      command: command, estimator: estimator, options: options, samples: samples, curveSamples: curveSamples,
      seed: seed,
      modelSHA256: modelDigest.hex(), dataSHA256: dataDigest.hex(), dataset: source.path,
      preprocessing: data.preprocessing,
      examples: examples, evidenceVersion: RootCommand.version, modelPath: modelPath, dataPath: source.file)
  }
}
