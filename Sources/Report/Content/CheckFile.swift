import Evidence
package import Foundation

/// What `evidence check --format json` printed, read back. JSON's null stands for a number that is not finite.
package struct CheckFile: Decodable {
  struct Model: Decodable {
    var name: String?
    var sha256: String?
  }

  /// One end of a bracket.
  struct End: Decodable {
    var mean: Double?
    var confidence: Double?
  }

  struct Gap: Decodable {
    var mean: Double?
    var median: Double?
    var max: Double?
  }

  struct Bracket: Decodable {
    var lower: End
    var upper: End
    var gap: Gap
  }

  struct Quantiles: Decodable {
    var median: Double?
  }

  /// How hard data are for the encoder.
  struct Difficulty: Decodable {
    var effectiveSampleSize: Quantiles?
    var paretoK: Quantiles?
    var posteriorDivergence: Quantiles?
  }

  var command: String
  var model: Model?
  var estimator: String
  var simulated: Int
  var lower: End
  var upper: End
  var gap: Gap
  /// The bracket of importance sampling on the same data.
  var plain: Bracket?
  var simulatedData: Difficulty?
  var realData: Difficulty?
  var warnings: [String]?

  /// Reads the bytes of a file.
  ///
  /// - Throws: `EvidenceError` (`invalidData`) where they are something else.
  package init(_ bytes: Data, path: String) throws {
    do {
      self = try JSONDecoder().decode(CheckFile.self, from: bytes)
    } catch let error as DecodingError {
      throw EvidenceError(.invalidData, "\(path): not the output of check: \(JSONFile.words(error))")
    }
    guard command == "check" else {
      throw EvidenceError(.invalidData, "\(path): the output of `evidence \(command)`, not of check")
    }
  }
}

/// A file that a command printed as JSON.
package enum JSONFile {
  private struct Head: Decodable {
    var command: String?
  }

  /// The command that printed it, where it says so.
  package static func command(_ bytes: Data) -> String? { try? JSONDecoder().decode(Head.self, from: bytes).command }

  /// What is wrong with a file, in words.
  static func words(_ error: DecodingError) -> String {
    func place(_ path: [any CodingKey]) -> String {
      path.isEmpty ? "" : path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: "/") + ": "
    }
    switch error {
    case .keyNotFound(let key, let context): return "\(place(context.codingPath))there is no \"\(key.stringValue)\""
    case .typeMismatch(let type, let context): return "\(place(context.codingPath))expected \(type)"
    case .valueNotFound(let type, let context): return "\(place(context.codingPath))expected \(type), found null"
    case .dataCorrupted(let context): return place(context.codingPath) + "not JSON"
    @unknown default: return "not JSON"
    }
  }
}
