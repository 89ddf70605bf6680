package import Foundation

/// What `evidence check --format json` printed, read back. JSON's null stands for a number that is not finite.
package struct CheckFile: PrintedFile {
  static let printer = "check"

  typealias Model = UnitsFile.Model

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
    self = try Self.decoded(bytes, path: path)
  }
}
