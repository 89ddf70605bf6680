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
    /// What Keras saved, and JSON beside it.
    var files: [String]

    var paths: [String] { files.map { GraphTests.folder.appending(path: $0).path(percentEncoded: false) } }

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

  @Test func thereAreModels() { #expect(Self.expected.count >= 52) }

  /// Within five standard errors of the difference: one in a million of right models would fail, and the seed is fixed.
  @Test(arguments: expected.keys.filter { $0 != "form-subclassed" }.sorted())
  func theBoundIsThatOfKeras(_ name: String) throws {
    let expected = try #require(Self.expected[name])
    try check(KerasImport.read(files: expected.paths, options: expected.options), expected)
  }

  private func check(_ result: KerasImportResult, _ expected: Expected) throws {
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
    guard case .nameScale(layer: _?)? = error?.remedy else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.code == .undecided && error?.description.contains("options.logScale or options.scale") == true)
  }

  /// Weights of a model of the author's own class: the draft finds the heads by the names of attributes, and the layers in
  /// the order in which Keras made them. Its guess at activations is mended by hand.
  @Test func aDraftIsCompletedAndImported() throws {
    let expected = try #require(Self.expected["form-subclassed"])
    let draft = try KerasImport.draft(files: expected.paths)
    for words in [
      #""mean": "encoder/dense_mean""#, #""log_variance": "encoder/dense_log_var""#, #""input_shape": [6]"#,
    ] { #expect(draft.contains(words), "\(draft)") }
    let (wide, out) = (draft.range(of: "decoder/dense_proj"), draft.range(of: "decoder/dense_output"))
    #expect(try #require(wide).lowerBound < #require(out).lowerBound)
    // The encoder's layer is the first.
    let relu = try #require(draft.range(of: "relu"))
    let completed = draft.replacingCharacters(in: relu, with: "tanh")
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).json")
    try Data(completed.utf8).write(to: path)
    defer { try? FileManager.default.removeItem(at: path) }
    try check(KerasImport.read(files: expected.paths + [path.path(percentEncoded: false)]), expected)
  }

  /// The same file without a description: what is guessed is said.
  @Test func whatIsGuessedOfDenseWeightsIsSaid() throws {
    let expected = try #require(Self.expected["form-subclassed"])
    let result = try KerasImport.read(files: expected.paths)
    let guess = try #require(result.assumptions.map(\.statement).first { $0.contains("weights only") })
    for words in ["relu", "sigmoid", "decoder/dense_proj, decoder/dense_output"] { #expect(guess.contains(words)) }
    var options = KerasImportOptions()
    (options.mean, options.logVariance) = ("dense_mean", "nowhere")
    let error = #expect(throws: ImportError.self) { try KerasImport.read(files: expected.paths, options: options) }
    #expect(error?.place == "nowhere" && error?.found?.contains("encoder/dense_log_var [5, 3]") == true)
  }
}
