import Foundation
import HDF5
import Testing

@testable import Evidence

/// What results files are refused, and in which words.
@Suite struct ResultsRefusalTests {
  struct Change: Sendable {
    var words: String
    var make: @Sendable (inout ResultsSettings) -> Void
  }

  static let changes = [
    Change(words: "command: the file was made with nll, this run asks for units") { $0.command = "units" },
    Change(words: "estimator: the file was made with importance-sampling, this run asks for elbo") {
      $0.estimator = "elbo"
    },
    Change(words: "option_alpha: the file was made with 0.5, this run asks for 0.25") { $0.options["alpha"] = "0.25" },
    Change(words: "option_alpha: the file was made with 0.5, this run asks for none") { $0.options = [:] },
    Change(words: "option_beta: the file was made with none, this run asks for 1") { $0.options["beta"] = "1" },
    Change(words: "samples: the file was made with 50, this run asks for 500") { $0.samples = 500 },
    Change(words: "seed: the file was made with 7, this run asks for 8") { $0.seed = 8 },
    Change(words: "model_sha256: the file was made with aaaaaaaaaaaa…, this run asks for cccccccccccc…") {
      $0.modelSHA256 = String(repeating: "c", count: 64)
    },
    Change(words: "data_sha256: the file was made with bbbbbbbbbbbb…, this run asks for cccccccccccc…") {
      $0.dataSHA256 = String(repeating: "c", count: 64)
    },
    Change(words: "dataset: the file was made with /images, this run asks for /x") { $0.dataset = "/x" },
    Change(words: "divide_by: the file was made with 255.0, this run asks for 256.0") {
      $0.preprocessing.divideBy = 256
    },
    Change(words: "binarize: the file was made with threshold, this run asks for none") {
      $0.preprocessing.binarize = .none
    },
    Change(words: "dequantize: the file was made with false, this run asks for true") {
      $0.preprocessing.dequantize = true
    },
    Change(words: "it holds 0 of the examples 3..203, and this run asks for 4..203") { $0.examples = 4..<203 },
    Change(words: "it holds 0 of the examples 3..203, and this run asks for 3..202") { $0.examples = 3..<202 },
    Change(words: "curve: the file was made with 1,5,50, this run asks for 1,50") { $0.curveSamples = [1, 50] },
    Change(words: "evidence_version: the file was made with 0.1.0, this run asks for 0.2.0") {
      $0.evidenceVersion = "0.2.0"
    },
  ]

  @Test(arguments: changes.indices) func otherSettings(number: Int) throws {
    let change = Self.changes[number]
    try withResultsPath { path in
      try Writer(creating: path, settings: resultsSettings()).close()
      let before = try Data(contentsOf: URL(filePath: path))
      var settings = resultsSettings()
      change.make(&settings)
      let refusal = try refusal { _ = try Writer(resuming: path, settings: settings) }
      #expect(refusal.code == .invalidResults && refusal.description.contains(change.words), "\(refusal)")
      #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }
  }

  @Test func dataSeedMattersWhereDataAreRandom() throws {
    try withResultsPath { path in
      var settings = resultsSettings()
      try Writer(creating: path, settings: settings).close()
      settings.dataSeed = 9
      settings.modelPath = "elsewhere.h5"
      #expect(try Writer(resuming: path, settings: settings).restoredCount == 0)
      settings.preprocessing.binarize = .bernoulli
      var other = settings
      other.dataSeed = 10
      #expect(settings.differences(from: other) == ["data_seed: the file was made with 10, this run asks for 9"])
    }
  }

  @Test func creatingOverAFile() throws {
    try withResultsPath { path in
      try Writer(creating: path, settings: resultsSettings()).close()
      let unfinished = try refusal { _ = try Writer(creating: path, settings: resultsSettings()) }
      #expect(unfinished.code == .cannotCreateOutput)
      #expect(
        unfinished.description.contains("0 of 200") && unfinished.remedies == [.resume, .removeFile, .useAnotherOutput])
    }
    try withResultsPath { path in
      try Data("precious".utf8).write(to: URL(filePath: path))
      let foreign = try refusal { _ = try Writer(creating: path, settings: resultsSettings()) }
      #expect(foreign.code == .cannotCreateOutput && foreign.description.contains("holds no results"))
      #expect(throws: HDF5Error.self) { try Writer(resuming: path, settings: resultsSettings()) }
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }
    try withResultsPath { path in
      // mktemp makes an empty file.
      try Data().write(to: URL(filePath: path))
      try Writer(creating: path, settings: resultsSettings()).close()
      #expect(try ResultsFile(reading: path).count == 0)
    }
  }

  @Test func otherHDF5Files() throws {
    try withResultsPath { path in
      let file = try File(creating: path)
      try file.root.setAttribute("format", "evidence-model")
      try file.close()
      let refusal = try refusal { _ = try Writer(resuming: path, settings: resultsSettings()) }
      #expect(refusal.code == .invalidResults && refusal.description.contains("not a results file"))
    }
    try withResultsPath { path in
      try Writer(creating: path, settings: resultsSettings()).close()
      let file = try File(updating: path)
      try file.root.setAttribute("version", 2)
      try file.close()
      #expect(try refusal { _ = try ResultsFile(reading: path) }.description.contains("version 2"))
    }
  }

  @Test func columnsOfDifferentLength() throws {
    try withResultsPath { path in
      let writer = try Writer(creating: path, settings: resultsSettings())
      try writer.append(resultsRow(3))
      try writer.close()
      let file = try File(updating: path)
      try file.root.dataset("examples/elbo").append(rows: [1.0])
      try file.close()
      let refusal = try refusal {
        _ = try ResultsFile(reading: path).rows(0..<1, of: LogLikelihoodMeasurement.self)
      }
      #expect(refusal.description.contains("/examples/elbo: expected 1 rows, as in /examples/index, found 2"))
    }
  }

  @Test func rowsOutOfOrder() throws {
    try withResultsPath { path in
      let writer = try Writer(creating: path, settings: resultsSettings())
      for index in 3..<5 { try writer.append(resultsRow(index)) }
      try writer.close()
      let file = try File(updating: path)
      try file.root.dataset("examples/index").write([3, 5])
      try file.close()
      let refusal = try refusal { _ = try Writer(resuming: path, settings: resultsSettings()) }
      #expect(refusal.description.contains("/examples/index"))
    }
  }
}
