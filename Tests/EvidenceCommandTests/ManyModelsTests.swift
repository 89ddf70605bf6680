import Evidence
import Foundation
import HDF5
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand

/// Several models in one command, and results side by side.
@Suite struct ManyModelsTests {
  private static let values: [Double] = [-10, -12, -11, -13, -9, -10.5, -11.5, -12.5, -9.5, -10.2]

  /// Results of models a little apart: a, b lower by about 0.5 on every example, c by next to nothing.
  private static func write(_ name: String, lowerBy shift: Double, shape: Double = 0.3, to directory: String) throws
    -> String
  {
    var results = HandmadeResults()
    (results.model, results.modelName) = ("models/\(name).h5", nil)
    results.values = values.enumerated().map {
      $1 - shift + ($0.isMultiple(of: 2) ? 0.05 : -0.05) * (shift == 0 ? 0 : 1)
    }
    results.shapes = values.map { _ in shape }
    try results.write(to: "\(directory)/\(name).h5")
    return "\(directory)/\(name).h5"
  }

  @Test func resultsInATableTheBestFirst() throws {
    try withTemporaryDirectory { directory in
      let paths = try [("b", 0.5), ("a", 0), ("c", 0.01)].map { try Self.write($0.0, lowerBy: $0.1, to: directory) }
      let outcome = try Executable.evidence.run(["compare"] + paths)
      #expect(outcome.status == 0, "\(outcome.error)")
      let lines = outcome.output.split(separator: "\n").map(String.init)
      #expect(
        lines[0].split(separator: " ").joined(separator: " ") == "model NLL ± data ± draws worse by ± data ± draws")
      #expect(lines[1...3].map { $0.split(separator: " ")[0] } == ["a", "c", "b"])
      #expect(lines[3].contains("0.500"))
      #expect(lines.allSatisfy { $0.count <= 80 })
      #expect(outcome.output.contains("Best: a, NLL 10.92"))
      #expect(outcome.output.contains("Worse by more than 1.96 of both errors: b by 0.50"))
      #expect(outcome.output.contains("Not told apart from the best by these examples and draws: c."))
    }
  }

  @Test func anErrorOfDrawsThatIsNotKnownIsSaid() throws {
    try withTemporaryDirectory { directory in
      let paths = try [("a", 0, 0.3), ("b", 0.5, 0.9), ("c", 0.6, 0.3)].map {
        try Self.write($0.0, lowerBy: $0.1, shape: $0.2, to: directory)
      }
      let outcome = try Executable.evidence.run(["compare"] + paths).output
      let words = outcome.split(separator: "\n").joined(separator: " ")
      #expect(words.contains("that of the draws not being known (k̂ too high): b by 0.50"))
      #expect(words.contains("both errors: c by 0.60"))
      #expect(words.contains("--estimator ladder would settle how much too high they are"))
    }
  }

  /// The bound of the best of three holds where the bounds of all three do: log(3 · 20) / N above its NLL.
  @Test func theBoundOfTheBestIsOneOfAll() throws {
    try withTemporaryDirectory { directory in
      let paths = try [("a", 0, 0.9), ("b", 0.5, 0.9), ("c", 0.6, 0.9)].map {
        try Self.write($0.0, lowerBy: $0.1, shape: $0.2, to: directory)
      }
      let outcome = try Executable.evidence.run(["compare"] + paths).output
      let pattern = #/NLL ([\d.]+) nats, at most ([\d.]+) \(95 %\), on (\d+) examples/#
      let found = try #require(outcome.split(separator: "\n").joined(separator: " ").firstMatch(of: pattern))
      let nll = try #require(Double(found.1))
      let most = try #require(Double(found.2))
      let above = log(60.0) / Double(Self.values.count)
      #expect(abs(most - nll - above) < 0.01)
    }
  }

  @Test func tablesForPapersAndSpreadsheets() throws {
    try withTemporaryDirectory { directory in
      let paths = try [("model_a", 0), ("model_b", 0.5)].map { try Self.write($0.0, lowerBy: $0.1, to: directory) }
      let latex = try Executable.evidence.run(["compare", "--format", "latex"] + paths).output
      #expect(latex.contains("\\begin{tabular}{lrr}") && latex.contains("\\bottomrule"))
      #expect(latex.contains("  model\\_a & $10.920 \\pm 0.42$ & – \\\\"), "\(latex)")
      #expect(latex.contains(#/  model\\_b & \$11\.420 \\pm 0\.43\$ & \$0\.500 \\pm 0\.017\$ \\\\/#), "\(latex)")
      let markdown = try Executable.evidence.run(["compare", "--format", "markdown"] + paths).output
      #expect(
        markdown.contains("| Model | NLL | Worse by |\n|---|---:|---:|\n| model_a | 10.920 ± 0.42 | – |"), "\(markdown)"
      )
      let csv = try Executable.evidence.run(["compare", "--format", "csv"] + paths).output.split(separator: "\n")
      #expect(csv.count == 3 && csv.allSatisfy { $0.count(where: { $0 == "," }) == csv[0].count(where: { $0 == "," }) })
      #expect(csv[0].hasPrefix("name,model,model_sha256,results,estimator,samples,seed,examples,nll,"))
      let json = try NLLJSONTests.object(Executable.evidence.run(["compare", "--format", "json"] + paths).output)
      let comparison = try #require(json["comparison"] as? [String: Any])
      let table = try #require(comparison["table"] as? [[String: Any]])
      #expect(table.map { $0["name"] as? String } == ["model_a", "model_b"])
      #expect(
        (table[1]["difference"] as? [String: Any])?["mean"] as? Double
          == (json["difference"] as? [String: Any])
          .flatMap { $0["mean"] as? Double }.map { -$0 })
    }
  }

  @Test func modelsOneAfterTheOther() throws {
    try withTemporaryDirectory { directory in
      for (name, weight) in [("one", Float(0.5)), ("two", 0.1), ("three", 0.3)] {
        try SmallModel(meanWeight: weight).write(to: "\(directory)/\(name).h5")
      }
      try writeData(binaryRows, to: directory + "/data.h5")
      let run = try Executable.evidence.run(
        "nll", "one.h5", "two.h5", "three.h5", "data.h5", "--samples", "50", "--output", "out", "--quiet", "--cite",
        in: directory)
      #expect(run.status == 0, "\(run.error)")
      #expect(run.output.contains("results in out/one.h5, out/two.h5, out/three.h5"))
      #expect(run.output.contains("Best: ") && run.output.contains("Test NLL "))
      // A run alone gives the same numbers, and the files make the same table.
      let json = try NLLJSONTests.object(
        Executable.evidence.run(
          "nll", "one.h5", "two.h5", "three.h5", "data.h5", "--samples", "50", "--format", "json", "--quiet",
          in: directory
        ).output)
      let models = try #require(json["models"] as? [[String: Any]])
      let alone = try NLLJSONTests.object(
        Executable.evidence.run(
          "nll", "two.h5", "data.h5", "--samples", "50", "--format", "json", "--quiet", in: directory
        ).output)
      #expect(models[1]["nll"] as? Double == alone["nll"] as? Double)
      let files = ["out/one.h5", "out/two.h5", "out/three.h5"]
      let compared = try Executable.evidence.run(["compare"] + files + ["--quiet"], in: directory).output
      #expect(run.output.contains(compared.split(separator: "\n\n")[0]))
      // Going on with what is finished is quick, and changes nothing.
      let again = try Executable.evidence.run(
        "nll", "one.h5", "two.h5", "three.h5", "data.h5", "--samples", "50", "--output", "out", "--resume", "--quiet",
        in: directory)
      #expect(again.status == 0 && again.output.contains(compared.split(separator: "\n\n")[0]))
    }
  }

  @Test func modelsThatSeeTheDataDifferentlyAreRefused() throws {
    try withTemporaryDirectory { directory in
      try SmallModel().write(to: directory + "/plain.h5")
      try SmallModel(binarize: "bernoulli").write(to: directory + "/drawn.h5")
      try writeData([[0.5, 0.2, 0.1, 0.9], [0.1, 0.2, 0.3, 0.4]], to: directory + "/grey.h5")
      let run = try Executable.evidence.run("nll", "plain.h5", "drawn.h5", "grey.h5", in: directory)
      #expect(run.status == 65)
      #expect(run.error.contains("plain.h5 and drawn.h5 take the data differently"), "\(run.error)")
      #expect(run.error.contains("binarize: none and bernoulli") && run.error.contains("--binarize"))
      let shard = try Executable.evidence.run("nll", "plain.h5", "drawn.h5", "grey.h5", "--shard", "0/2", in: directory)
      #expect(shard.status == 64)
      _ = FileManager.default.createFile(atPath: directory + "/file", contents: Data())
      let file = try Executable.evidence.run(
        "nll", "plain.h5", "plain.h5", "grey.h5", "--output", "file", in: directory)
      #expect(file.status == 73 && file.error.contains("go to a folder"), "\(file.error)")
    }
  }

  @Test(arguments: [
    (["a/model.h5", "b/model.h5"], ["a-model", "b-model"]), (["x/a.h5", "b.h5"], ["a", "b"]),
    (["a.h5", "a.h5"], ["a.h5", "a.h5"]), (["p/q/m.h5", "r/q/m.h5", "r/q/n.h5"], ["p-q-m", "r-q-m", "r-q-n"]),
  ])
  func filesAreCalledByAsLittleAsTellsThemApart(paths: [String], names: [String]) {
    #expect(FileNames.distinct(paths) == names)
  }

  @Test func aSingleModelIsATableOfOneLine() throws {
    let markdown = try Executable.evidence.run(
      "nll", Repository.digitsModel, Repository.digits, "--examples", "..4", "--samples", "50", "--format", "markdown",
      "--quiet"
    ).output
    #expect(markdown.contains("| Digits, two-layer IWAE | "), "\(markdown)")
  }
}
