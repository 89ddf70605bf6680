import Checkpoints
import Evidence
import Foundation
// Comes along with Evidence.
import Networks

/// A kind of file, and what the command does with it.
enum Kind: String, CaseIterable {
  case model, data, results, keras, archive, json

  /// Examples, or rows of results, that are read of a file, whatever it claims to hold.
  private static let mostRows = 4096

  /// Reads a file as the command would, and evaluates what can be.
  ///
  /// - Parameters:
  ///   - companion: The weights that a JSON description goes with.
  ///   - kept: Where what was read is written, to be compared with what the file holds.
  /// - Throws: What the command would print.
  func read(_ path: String, companion: String?, kept: String?) throws {
    switch self {
    case .model:
      let description = try ModelFile.read(path)
      try evaluate(description)
      if let kept { try ModelFile.write(description, to: kept) }
    case .keras, .archive, .json:
      let description = try KerasImport.read(files: [path] + (companion.map { [$0] } ?? [])).model
      try evaluate(description)
      if let kept { try ModelFile.write(description, to: kept) }
    case .data:
      let source = try HDF5Source(file: path)
      let data = Dataset(source)
      var values: [Float] = []
      for first in stride(from: 0, to: min(data.count, Self.mostRows), by: 64) {
        values += try data.batch(first..<min(first + 64, data.count, Self.mostRows)).values
      }
      if let kept { try values.withUnsafeBytes { try Data($0).write(to: URL(filePath: kept)) } }
    case .results:
      var rows = try ResultsFile(reading: path).stream
      var values: [Double] = []
      while values.count < Self.mostRows, let row = try rows.next() { values.append(row.logLikelihood) }
      if let kept { try values.withUnsafeBytes { try Data($0).write(to: URL(filePath: kept)) } }
    }
  }

  private func evaluate(_ description: ModelDescription) throws {
    let model = try NetworkModel(description)
    let data = Dataset([Float](repeating: 0, count: model.inputCount), count: 1)
    _ = try ImportanceSampling(samples: 2).estimate(model, on: data, options: Evaluation(threads: 1))
  }
}
