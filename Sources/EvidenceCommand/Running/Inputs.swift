import Checkpoints
import Evidence
import Foundation
import Networks

/// A model and a dataset that are open, fit together, and are ready to be evaluated.
struct Inputs {
  let modelPath: String
  let model: NetworkModel
  let modelDigest: String
  let source: HDF5Source
  let dataDigest: String
  /// The data and what happens to each example.
  let data: Dataset
  /// Where each step of the preprocessing was asked for.
  let origins: Origins
  /// What the model file asks for and was left out, because the data show that it was done before they were stored.
  let preparationNote: String?
  /// The examples to evaluate; never empty.
  let examples: Range<Int>

  /// Who asked for a step of the preprocessing.
  enum Origin: String {
    case commandLine = "command line"
    case modelFile = "model file"
    case preset = "default"

    init(isOnCommandLine: Bool, isInModelFile: Bool) {
      self = isOnCommandLine ? .commandLine : isInModelFile ? .modelFile : .preset
    }
  }

  /// The origin of each step.
  struct Origins {
    var binarize, divideBy, dequantize: Origin
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
      ["path": options.model, "latents": "\(model.latentCounts)", "kernels": "\(model.network.instructionSet)"])

    source = try HDF5Source(file: options.data, dataset: options.dataset)
    let isOverridden = options.binarize != nil || options.divideBy != nil || options.dequantize != nil
    var (preprocessing, note) =
      isOverridden
      ? (Preprocessing(description.input), nil)
      : try Preprocessing.suited(to: description.input, storedIn: source)
    if let binarize = options.binarize { preprocessing.binarize = binarize }
    if let divideBy = options.divideBy { preprocessing.divideBy = divideBy }
    if let dequantize = options.dequantize { preprocessing.dequantize = dequantize }
    preparationNote = note
    origins = Origins(
      binarize: Origin(
        isOnCommandLine: options.binarize != nil, isInModelFile: note == nil && description.input.binarize != nil),
      divideBy: Origin(
        isOnCommandLine: options.divideBy != nil, isInModelFile: note == nil && description.input.divideBy != nil),
      dequantize: Origin(
        isOnCommandLine: options.dequantize != nil, isInModelFile: description.input.dequantize != nil))
    data = Dataset(source, preprocessing: preprocessing)
    guard data.elementCount == model.inputCount else {
      throw CommandError(
        .invalidInput,
        """
        \(options.data): \(source.path): an example has \(Text.counted(data.elementCount, "element"))
        expected \(model.inputCount), as the model takes \(Text.shape(description.input.shape)); \
        found shape \(Text.shape([source.count] + source.exampleShape))
        """)
    }
    guard source.count > 0 else {
      throw CommandError(.invalidInput, "\(options.data): \(source.path): the dataset holds no examples")
    }
    try Inputs.requireUnprepared(source, data.preprocessing, origin: origins.divideBy)
    examples = try options.examples?.resolved(count: source.count) ?? 0..<source.count
    modelDigest = try SHA256.hexDigest(ofFile: options.model)
    dataDigest = try SHA256.hexDigest(ofFile: options.data)
    Log.debug("data opened", ["path": options.data, "dataset": source.path, "examples": "\(examples)"])
  }

  /// Stored values that are all in [0, 1] were prepared already: dividing them once more, only because the model file
  /// says so, would quietly give the likelihood of almost black images.
  ///
  /// One example with a larger value settles it, so real 8-bit data cost nothing. Bits may be divided by two (dequantized).
  private static func requireUnprepared(_ source: HDF5Source, _ preprocessing: Preprocessing, origin: Origin) throws {
    guard origin == .modelFile, preprocessing.divideBy > 2 else { return }
    let stored = Dataset(source)
    for start in stride(from: 0, to: source.count, by: 256) {
      let batch = try stored.batch(start..<min(start + 256, source.count))
      guard batch.values.allSatisfy({ $0 >= 0 && $0 <= 1 }) else { return }
    }
    let divisor = Text.plain(preprocessing.divideBy)
    throw CommandError(
      .invalidInput,
      """
      \(source.file): \(source.path): every stored value is in [0, 1] already, yet the model file says to divide by \(divisor)
      take them as they are with --divide-by 1, or insist with --divide-by \(divisor)
      """)
  }

  /// Whether the likelihood is Bernoulli and some example is grey once prepared: the result is then a cross-entropy.
  ///
  /// Reads the examples until it finds one, without evaluating anything.
  func isCrossEntropy(seed: UInt64) throws -> Bool {
    guard model.network.likelihood == .bernoulli, data.preprocessing.binarize == .none else { return false }
    for start in stride(from: examples.lowerBound, to: examples.upperBound, by: 256) {
      let batch = try data.batch(start..<min(start + 256, examples.upperBound), seed: seed)
      if batch.values.contains(where: { $0 > 0 && $0 < 1 }) { return true }
    }
    return false
  }

  /// Runs `body` and says in which file the trouble was, where the library knows of examples and layers only.
  func locatingErrors<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as EvidenceError {
      switch error.code {
      case .invalidData: throw EvidenceError(error.code, "\(source.file): \(source.path): \(error.description)")
      case .invalidModel: throw EvidenceError(error.code, "\(modelPath): \(error.description)")
      default: throw error
      }
    }
  }
}

extension Inputs {
  /// What the rows of a results file depend on.
  func settings(
    command: String, estimator: String, options: [String: String] = [:], samples: Int, curveSamples: [Int], seed: UInt64
  ) -> ResultsSettings {
    ResultsSettings(
      command: command, estimator: estimator, options: options, samples: samples, curveSamples: curveSamples,
      seed: seed,
      modelSHA256: modelDigest, dataSHA256: dataDigest, dataset: source.path, preprocessing: data.preprocessing,
      examples: examples, evidenceVersion: RootCommand.version, modelPath: modelPath, dataPath: source.file)
  }
}
