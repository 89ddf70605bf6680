import Evidence
import Foundation
import HDF5
import JSON
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand

/// The model and the data that come with the command.
@Suite struct SampleTests {
  struct Reference {
    var logLikelihood, monteCarloStandardError, effectiveSampleSize: Double
  }

  /// Fixtures/digits-reference.csv: float64, k = 5000, by docs/sample/reference.py.
  static func references() throws -> [Reference] {
    let url = try #require(
      Bundle.module.url(forResource: "digits-reference", withExtension: "csv", subdirectory: "Fixtures"))
    return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").dropFirst().map { line in
      let fields = line.split(separator: ",").compactMap { Double($0) }
      try #require(fields.count == 5)
      return Reference(logLikelihood: fields[1], monteCarloStandardError: fields[3], effectiveSampleSize: fields[4])
    }
  }

  /// Other draws of the same number: within four joint standard errors where the effective sample size allows for one.
  @Test(arguments: [1, 100, 300, 500]) func agreesWithTheReference(first: Int) throws {
    let references = try Self.references()
    #expect(references.count == 599)
    let reliable = try #require((first..<599).first { references[$0].effectiveSampleSize >= 20 })
    let outcome = try NLLJSONTests.digits("--samples", "5000", "--examples", "\(reliable)..\(reliable + 1)")
    let reference = references[reliable]
    let error = (pow(reference.monteCarloStandardError, 2) + pow(outcome.summary.monteCarloStandardError, 2))
      .squareRoot()
    #expect(abs(outcome.summary.mean - reference.logLikelihood) < 4 * error, "example \(reliable)")
  }

  @Test func demo() throws {
    let run = try withTemporaryDirectory { directory in
      try Executable.evidence.run("demo", "--samples", "20", "--format", "json", in: directory)
    }
    #expect(run.status == 0)
    let object = try NLLJSONTests.object(run.output)
    #expect(object["command"] as? String == "demo")
    let nll = try #require(object["nll"] as? [String: Any])
    let data = try #require(nll["data"] as? [String: Any])
    #expect(data["examples"] as? Int == 599)
    let value = try #require(nll["nll"] as? Double)
    // L_20 lies between the bound and L_5000 of docs/sample/README.md.
    #expect(value > 16.8 && value < 22.4)
    let units = try #require(object["units"] as? [String: Any])
    #expect((units["layers"] as? [Any])?.count == 2)
  }

  /// docs/examples/nll, as docs/command-line.md shows it.
  @Test func exampleRuns() throws {
    let run = try Executable("example-nll").run(Repository.digitsModel, Repository.digits, "5")
    #expect(run.status == 0, "\(run.error)")
    #expect(run.output.contains("the mean of 599 examples"))
    let missing = try Executable("example-nll").run("nothing.h5")
    #expect(missing.status == 1 && missing.error == "example-nll: nothing.h5: no such file\n")
  }

  /// The script of README.md is docs/examples/readme, and gives the command's bits: on data stored as 0 and 1, which the
  /// model file would have divided and binarized once more, and on the grey data they were made from.
  @Test(arguments: [false, true]) func readmeScriptGivesTheCommandsBits(isBinary: Bool) throws {
    let readme = try String(contentsOfFile: Repository.path("README.md"), encoding: .utf8)
    let script = try String(contentsOfFile: Repository.path("docs/examples/readme/main.swift"), encoding: .utf8)
    #expect(readme.contains("```swift\n" + script + "```\n"))
    try withTemporaryDirectory { directory in
      try SmallModel(divideBy: 255, binarize: "threshold").write(to: directory + "/model.h5")
      let file = try File(creating: directory + "/mnist.h5")
      let values = binaryRows.joined().enumerated().map { isBinary ? $1 : $1 * 200 + Float($0 % 40) }
      try file.root.createGroup("test")
        .createDataset("images", type: .float(bits: 32), shape: [binaryRows.count, 4]).write(values)
      try file.close()
      let printed = try Executable("example-readme").run(in: directory)
      #expect(printed.status == 0, "\(printed.error)")
      let command = try Executable.evidence.run(
        "nll", "model.h5", "mnist.h5", "--dataset", "test/images", "--all-errors", "--format", "json", in: directory)
      // Both print a Double so that reading it gives the same bits.
      let numbers = printed.output.split(whereSeparator: \.isWhitespace)
      #expect(numbers.count == 3)
      for (name, number) in zip(["mean", "dataStandardError", "monteCarloStandardError"], numbers) {
        #expect(command.output.contains("\"\(name)\": \(number),"), "\(command.output)")
      }
    }
  }
}
