import Evidence
package import Foundation
import Wording

/// What `evidence units --format json` printed, read back. Only what interface.md promises must be there; whatever else a
/// page can be made of is optional. JSON's null stands for a number that is not finite.
package struct UnitsFile: PrintedFile {
  static let printer = "units"

  struct Model: Decodable {
    var path: String?
    var name: String?
    var sha256: String?
  }

  struct Data: Decodable {
    var path: String?
    var dataset: String?
    var sha256: String?
    var examples: Int?
  }

  struct Layer: Decodable {
    var layer: Int
    var units: Int
    var threshold: Double
    var active: Int
    var variance: [Double?]
    var kl: [Double?]
    var pca: Directions
    var varianceStandardError: [Double?]?
    var undecidedUnits: [Int]?
    var exact: Bool?
    var examples: Int?
    var nonFiniteExamples: Int?
    var divergence: Double?
    var divergenceStandardError: Double?
    var collapse: Collapse?
    var agreement: Agreement?
    var information: Information?
    var scatter: Scatter?
  }

  struct Directions: Decodable {
    var eigenvalues: [Double?]
    var active: Int
    var participationRatio: Double?
    var explained: [Double?]?
    var limitedByExamples: Bool?
  }

  struct Collapse: Decodable {
    var epsilon: Double?
    var collapsedUnits: [Int]?
  }

  struct Agreement: Decodable {
    var verdict: String
  }

  struct Information: Decodable {
    var mutualInformation: Double?
    var standardError: Double?
    var atLimit: Bool?
  }

  struct Scatter: Decodable {
    var index: [Int]?
    var first: [Double?]
    var second: [Double?]
    var label: [Label?]?
  }

  /// A label as people read it.
  enum Label: Decodable, Hashable {
    case integer(Int)
    case number(Double)
    case text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(Int.self) {
        self = .integer(value)
      } else if let value = try? container.decode(Double.self) {
        self = .number(value)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    var words: String {
      switch self {
      case .integer(let value): Text.plain(Double(value))
      case .number(let value): Text.plain(value)
      case .text(let value): value
      }
    }

    /// Numbers by size, then texts.
    static func precedes(_ a: Label, _ b: Label) -> Bool {
      switch (a.value, b.value) {
      case (let x?, let y?): x < y
      case (.some, nil): true
      case (nil, .some): false
      case (nil, nil): a.words < b.words
      }
    }

    private var value: Double? {
      switch self {
      case .integer(let value): Double(value)
      case .number(let value): value
      case .text: nil
      }
    }
  }

  struct Ablation: Decodable {
    var removed: Int?
    var nll: Double?
    var nllAblated: Double?
    var difference: Double?
    var differenceStandardError: Double?
    var samples: Int?
    var examples: Int?
    var sweep: Sweep?
    var singles: [Single]?
  }

  struct Single: Decodable {
    var layer: Int
    var unit: Int
    var variance: Double?
    var nll: Double?
    var difference: Double?
    var differenceStandardError: Double?
  }

  struct Sweep: Decodable {
    var examples: Int?
    var kept: [Int]
    var nll: [Double?]
    var difference: [Double?]?
    var differenceStandardError: [Double?]?
  }

  var command: String
  var model: Model?
  var data: Data?
  var layers: [Layer]
  var ablation: Ablation?
  var labels: String?
  var warnings: [String]?

  /// Reads the bytes of a file.
  ///
  /// - Throws: `EvidenceError` (`invalidData`) where they are something else.
  package init(_ bytes: Foundation.Data, path: String) throws {
    self = try Self.decoded(bytes, path: path)
    for layer in layers where layer.units < 1 || layer.variance.count != layer.units || layer.kl.count != layer.units {
      throw EvidenceError(
        .invalidData,
        "\(path): layer \(layer.layer): expected \(layer.units) variances and divergences, found "
          + "\(layer.variance.count) and \(layer.kl.count)")
    }
  }
}
