import Evidence
import Foundation
import JSON
import ModelFile
import Models
import Testing

@testable import KerasImport

/// Small models that Keras 3 saved, with the evidence lower bounds that Keras computes (Fixtures/Graphs/generate.py):
/// whatever stands between the layers is applied.
@Suite struct GraphTests {
  /// What the generator wrote about a model.
  struct Expected: Decodable {
    var elbo: Double
    var standardError: Double
    var x: [[Float]]
    var arguments: [String]

    /// The options that the generator says the import needs.
    var options: KerasImportOptions {
      var options = KerasImportOptions()
      for (name, value) in zip(arguments, arguments.dropFirst()) {
        switch name {
        case "--mean": options.mean = value
        case "--log-variance": options.logVariance = value
        case "--log-scale": options.logScale = value
        case "--scale": options.scale = value
        case "--likelihood": options.likelihood = KerasLikelihood(value)
        default: continue
        }
      }
      return options
    }
  }

  static let folder = KerasFixtures.url("Graphs")
  static let expected: [String: Expected] = {
    let text = (try? Data(contentsOf: folder.appending(path: "expected.json"))) ?? Data()
    return (try? JSONDecoder().decode([String: Expected].self, from: text)) ?? [:]
  }()

  static func path(_ name: String) -> String { folder.appending(path: name + ".keras").path(percentEncoded: false) }

  @Test func thereAreModels() { #expect(Self.expected.count >= 24) }

  /// Within five standard errors of the difference: one in a million of right models would fail, and the seed is fixed.
  @Test(arguments: expected.keys.sorted()) func theBoundIsThatOfKeras(_ name: String) throws {
    let expected = try #require(Self.expected[name])
    let result = try KerasImport.read(files: [Self.path(name)], options: expected.options)
    let data = Evidence.Dataset(expected.x.flatMap(\.self), count: expected.x.count)
    let summary = try EvidenceLowerBound(samples: 2000).estimate(NetworkModel(result.model), on: data)
    let error =
      (expected.standardError * expected.standardError
      + summary.monteCarloStandardError * summary.monteCarloStandardError).squareRoot()
    #expect(abs(summary.mean - expected.elbo) < 5 * error, "\(summary.mean) is not \(expected.elbo) ± \(error)")
  }

  /// An operation that would make a scale of what is named a logarithm is asked about, not guessed.
  @Test(arguments: ["scale-softplus", "scale-half-exp"]) func aPositiveLogarithmIsAsked(_ name: String) {
    let error = #expect(throws: ImportError.self) { try KerasImport.read(files: [Self.path(name)]) }
    #expect(error?.code == .undecided && error?.expected?.contains("options.scale") == true)
  }
}
