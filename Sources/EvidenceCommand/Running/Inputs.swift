import Evidence
import Foundation
import KerasImport
import ModelFile
import Models
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
  let origins: PreparedData.Origins
  /// Where the model file was not followed because the data were prepared before they were stored.
  let note: String?
  /// The examples to evaluate; never empty.
  let examples: Range<Int>

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
        """)
    }
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
    guard model.network.likelihood == .bernoulli, data.preprocessing.binarize == .none else { return false }
    for start in stride(from: examples.lowerBound, to: examples.upperBound, by: 256) {
      let batch = try data.batch(start..<min(start + 256, examples.upperBound), seed: seed)
      if batch.values.contains(where: { $0 > 0 && $0 < 1 }) { return true }
    }
    return false
  }

  /// The mean log-likelihood, under a Bernoulli likelihood, of a model without latents that gives every example the mean of
  /// those evaluated: minus the entropy of the means. Nil for other likelihoods, and for too few examples to have a mean.
  func constantMeanLogLikelihood(seed: UInt64) throws -> Double? {
    guard model.network.likelihood == .bernoulli, examples.count >= 20 else { return nil }
    var sums = [Double](repeating: 0, count: data.elementCount)
    for start in stride(from: examples.lowerBound, to: examples.upperBound, by: 256) {
      try Interruption.shared.cancellation.check()
      let batch = try data.batch(start..<min(start + 256, examples.upperBound), seed: seed)
      for position in 0..<batch.count {
        for (element, value) in batch.values(at: position).enumerated() { sums[element] += Double(value) }
      }
    }
    let count = Double(examples.count)
    return sums.reduce(0) { total, sum in
      // Half an example of each kind is added, as a pixel may be black in all.
      let (mean, estimate) = (sum / count, (sum + 0.5) / (count + 1))
      return total + mean * log(estimate) + (1 - mean) * log(1 - estimate)
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
