import Evidence
import Foundation
import KerasImport
import ModelFile
// Comes along with Evidence.
import Models
import Networks

/// A kind of file, and what the command does with it.
public enum Kind: String, CaseIterable {
  case model, data, results, keras, archive, json, units
  /// Models of version 2; arrays of numpy; sparse matrices; tables beside arrays; weights in several files.
  case second, numpy, sparse, tables, shards

  /// Examples, or rows of results, that are read of a file, whatever it claims to hold.
  private static let mostRows = 4096

  /// Reads a file as the command would, and evaluates what can be.
  ///
  /// - Parameters:
  ///   - companions: Files that it goes with: weights of a JSON description, a configuration of weights, results.
  ///   - kept: Where what was read is written, to be compared with what the file holds.
  /// - Throws: What the command would print.
  public func read(_ path: String, companions: [String], kept: String) throws {
    switch self {
    case .model, .second:
      let description = try ModelFile.read(path).description
      try evaluate(description)
      try ModelFile.write(description, to: kept)
    case .keras, .archive, .json:
      let description = try KerasImport.read(files: [path] + companions).model
      try evaluate(description)
      try ModelFile.write(description, to: kept)
    case .shards:
      let folder = URL(filePath: path).deletingLastPathComponent()
      var files = [path]
      // The files that the index names lie beside it.
      for companion in companions {
        let copy = folder.appending(path: URL(filePath: companion).lastPathComponent)
        try? FileManager.default.removeItem(at: copy)
        try FileManager.default.copyItem(at: URL(filePath: companion), to: copy)
        files.append(copy.path(percentEncoded: false))
      }
      let given = files.filter { $0.hasSuffix(".json") }
      let description = try KerasImport.read(files: given).model
      try evaluate(description)
      try ModelFile.write(description, to: kept)
    case .data, .numpy, .sparse, .tables:
      let source = try ExampleFile.open(path)
      let data = Dataset(source)
      var values: [Float] = []
      for first in stride(from: 0, to: min(data.count, Self.mostRows), by: 64) {
        values += try data.batch(first..<min(first + 64, data.count, Self.mostRows)).values
      }
      try write(
        ["path": source.path, "shape": [source.count] + source.exampleShape, "values": values.map(\.bitPattern)],
        to: kept)
    case .results: try write(try results(path), to: kept)
    case .units: try report(path, of: companions, to: kept)
    }
  }

  private func evaluate(_ description: ModelDescription) throws {
    let model = try NetworkModel(description)
    var example = [Float](repeating: 0, count: model.inputCount)
    if case .oneHot = model.support, let classes = description.input.shape.last {
      for first in stride(from: 0, to: example.count, by: classes) { example[first] = 1 }
    }
    let data = Dataset(example, count: 1)
    _ = try ImportanceSampling(samples: 2).estimate(model, on: data, options: Evaluation(threads: 1))
  }

  /// Settings and rows, under the names of the file's attributes and columns.
  private func results(_ path: String) throws -> [String: Any] {
    let file = try ResultsFile(reading: path)
    let settings = file.settings
    var attributes: [String: Any] = [
      "command": settings.command, "estimator": settings.estimator, "samples": settings.samples,
      "seed": String(settings.seed), "data_seed": String(settings.dataSeed), "model_sha256": settings.modelSHA256,
      "data_sha256": settings.dataSHA256, "dataset": settings.dataset, "dequantize": settings.preprocessing.dequantize,
      "divide_by": String(settings.preprocessing.divideBy.bitPattern),
      "binarize": settings.preprocessing.binarize.rawValue,
      "examples_first": settings.examples.lowerBound, "examples_last": settings.examples.upperBound,
      "evidence_version": settings.evidenceVersion, "model": settings.modelPath, "data": settings.dataPath,
      "started": file.started,
    ]
    attributes["finished"] = file.finished
    attributes["model_name"] = settings.facts.modelName
    attributes["likelihood"] = settings.facts.likelihood
    attributes["elements"] = settings.facts.elements
    attributes["quantity"] = settings.facts.isCrossEntropy.map { $0 ? "cross-entropy" : "log-likelihood" }
    var columns: [String: [String]] = [:]
    var rows = try file.stream(of: LogLikelihoodMeasurement.self)
    for _ in 0..<Self.mostRows {
      guard let row = try rows.next() else { break }
      for (name, value) in [
        ("index", row.index), ("zero_weights", row.zeroWeights), ("non_finite_weights", row.nonFiniteWeights),
      ] {
        columns[name, default: []].append(String(value))
      }
      for (name, value) in [
        ("log_likelihood", row.logLikelihood), ("elbo", row.elbo),
        ("monte_carlo_standard_error", row.monteCarloStandardError), ("effective_sample_size", row.effectiveSampleSize),
        ("largest_weight_share", row.largestWeightShare), ("pareto_k", row.paretoK),
        ("kl_posterior", row.posteriorDivergence),
      ] + row.curve.map({ ("curve", $0) }) {
        columns[name, default: []].append(String(value.bitPattern))
      }
    }
    return [
      "count": file.count, "attributes": attributes, "options": settings.options, "samples": settings.curveSamples,
      "columns": columns,
    ]
  }

  private func write(_ object: Any, to path: String) throws {
    try JSONSerialization.data(withJSONObject: object).write(to: URL(filePath: path))
  }

  /// What the command makes of a file that only it reads. A status that says that it crashed ends this process too.
  private func report(_ path: String, of results: [String], to page: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: ProcessInfo.processInfo.environment["EVIDENCE"] ?? "evidence")
    process.arguments = ["report"] + results + [path, "-o", page, "--no-isolate"]
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let words = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationReason == .exit, [0, 65].contains(process.terminationStatus) else {
      fatalError("the command ended with \(process.terminationStatus): \(words)")
    }
    if process.terminationStatus == 65 {
      throw CocoaError(.fileReadCorruptFile, userInfo: [NSDebugDescriptionErrorKey: words])
    }
  }
}
