import ArgumentParser
import Foundation
import JSON
import KerasImport
import ModelFile
import Models
import Networks
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand

@Suite struct ImportTests {
  /// A whole model of Keras 2.15: 6–4–2–3–6.
  static let model = Repository.path("Tests/KerasImportTests/Fixtures/keras2-operations.h5")

  private func outcome(_ arguments: String..., output: String) throws -> ImportOutcome {
    try KerasImportRun(ImportKerasCommand.parse([Self.model, "-o", output] + arguments)).run()
  }

  @Test func whatIsWrittenReadsBackAndEvaluates() throws {
    try withTemporaryDirectory { directory in
      let run = try Executable.evidence.run("import", "keras", Self.model, "-o", "my model.h5", in: directory)
      #expect(run.status == 0, "\(run.error)")
      for words in [
        "wrote my model.h5", "taken to be so:\n- the data are divided by 16", "q(z1 | x)", "probabilities/0  dense",
        "next:  evidence nll 'my model.h5' DATA.h5",
      ] { #expect(run.output.contains(words), "\(words) is missing in \(run.output)") }
      #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
      #expect(try ModelFile.read(directory + "/my model.h5").description.input.divideBy == 16)
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["my model.h5"])

      try writeData([[0, 16, 3, 8, 1, 2], [16, 4, 0, 0, 9, 16]], to: directory + "/data.h5")
      let evaluated = try Executable.evidence.run("nll", "my model.h5", "data.h5", "--samples", "5", in: directory)
      #expect(evaluated.status == 0, "\(evaluated.error)")
      #expect(evaluated.output.contains("divide by 16 (model file)"))
    }
  }

  @Test func jsonHoldsTheSame() throws {
    try withTemporaryDirectory { directory in
      let json = try outcome(output: directory + "/model.h5").json
      #expect(json["command"] == "import" && json["framework"] == "keras")
      #expect(json["model"]?["conditionals"] != nil)
      guard case .array(let assumptions)? = json["assumptions"] else {
        Issue.record("no assumptions")
        return
      }
      #expect(assumptions.count == 2)
      #expect(try NLLJSONTests.object(json.text)["output"] as? String == directory + "/model.h5")
    }
  }

  @Test func everyOptionArrives() throws {
    let command = try ImportKerasCommand.parse([
      "a.h5", "b.h5", "-o", "m.h5", "--mean", "m", "--log-variance", "v", "--encoder", "e", "--decoder", "d",
      "--likelihood", "normal:0.5", "--input-shape", "28,28,1", "--divide-by", "255", "--binarize", "bernoulli",
      "--invert", "--name", "n",
    ])
    var expected = KerasImportOptions()
    (expected.mean, expected.logVariance, expected.encoder, expected.decoder) = ("m", "v", "e", "d")
    (expected.likelihood, expected.inputShape) = (.normal(scale: 0.5), [28, 28, 1])
    (expected.divideBy, expected.binarize, expected.invert, expected.name) = (255, .bernoulli, true, "n")
    #expect(command.request.options == expected)
    #expect(command.files == ["a.h5", "b.h5"] && command.isolation.isolate)
    let other = try ImportKerasCommand.parse([
      "a.h5", "-o", "m.h5", "--split-head", "h", "--log-scale", "h", "--no-isolate",
    ])
    #expect(other.request.options.splitHead == "h" && other.request.options.logScale == "h" && !other.isolation.isolate)
    #expect(try ImportKerasCommand.parse(["a.h5", "-o", "m.h5", "--scale", "s"]).request.options.scale == "s")
  }

  @Test(arguments: [
    ["--likelihood", "gauss"], ["--likelihood", "normal:-1"], ["--input-shape", "28,,1"], ["--input-shape", "0"],
    ["--input-shape", "99999999,99999999"], ["--divide-by", "0"], ["--scale", "a", "--log-variance", "b"],
    ["--split-head", "a", "--mean", "b"],
  ])
  func optionsWithoutSenseAreRefused(_ options: [String]) {
    #expect(throws: (any Error).self) { try ImportKerasCommand.parse(["a.h5", "-o", "m.h5"] + options) }
  }

  @Test func shapesAreReadInTheirUsualSpellings() {
    for text in ["28,28,1", "[28, 28, 1]", "28x28x1", "(28,28,1)"] {
      #expect(ExampleShape(argument: text)?.extents == [28, 28, 1])
    }
    #expect(ExampleShape(argument: "784")?.extents == [784])
  }

  @Test func nothingIsOverwrittenUnlessAsked() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/model.h5"
      try Data("precious".utf8).write(to: URL(filePath: path))
      let refused = Failure(try #require(throws: RunError.self) { try outcome(output: path) })
      #expect(refused.status == .cannotCreateOutput && refused.lines[0].contains("--force"))
      #expect(try Data(contentsOf: URL(filePath: path)) == Data("precious".utf8))
      // Neither is it where the import fails.
      #expect(throws: ImportError.self) { try outcome("--force", "--mean", "nothing", output: path) }
      #expect(try Data(contentsOf: URL(filePath: path)) == Data("precious".utf8))
      _ = try outcome("--force", output: path)
      #expect(try ModelFile.read(path).latentCounts == [2])
    }
  }

  @Test func anInputIsNeverTheOutput() throws {
    try withTemporaryDirectory { directory in
      let copy = directory + "/vae.h5"
      try FileManager.default.copyItem(atPath: Self.model, toPath: copy)
      let command = try ImportKerasCommand.parse([copy, "-o", directory + "/./vae.h5", "--force"])
      let error = try #require(throws: RunError.self) { try KerasImportRun(command).run() }
      #expect(error.status == .cannotCreateOutput && error.commandWords.contains("one of the files that are read"))
    }
  }

  @Test func statusesSayWhatIsWrong() throws {
    try withTemporaryDirectory { directory in
      func status(_ files: [String], _ output: String, _ options: [String] = []) throws -> CommandStatus? {
        let command = try ImportKerasCommand.parse(files + ["-o", directory + output] + options)
        return Failure(try #require(throws: (any Error).self) { try KerasImportRun(command).run() }).status
      }
      let whole = try Data(contentsOf: URL(filePath: Self.model))
      try whole.prefix(9000).write(to: URL(filePath: directory + "/truncated.h5"))
      try Data("{\"encoder\": [".utf8).write(to: URL(filePath: directory + "/bad.json"))
      #expect(try status([directory + "/none.h5"], "/m.h5") == .noInput)
      #expect(try status([directory + "/truncated.h5"], "/m.h5") == .invalidInput)
      #expect(try status([Self.model, directory + "/bad.json"], "/m.h5") == .invalidInput)
      #expect(try status([Self.model], "/m.h5", ["--mean", "nothing"]) == .usage)
      #expect(try status([Self.model], "/nowhere/m.h5") == .cannotCreateOutput)
      #expect(try status([Self.model], "") == .cannotCreateOutput)
      #expect(try !FileManager.default.contentsOfDirectory(atPath: directory).contains { $0.hasPrefix("m.h5") })
    }
  }
}
