import ArgumentParser
import Evidence
import Foundation
import HDF5
import JSON
import ModelFile
import Models
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand

/// Models as people have saved them, through the commands: imported and evaluated, or an error that leads to the answer.
@Suite struct ModelCaseTests {
  static let graphs = Repository.path("Tests/KerasImportTests/Fixtures/Graphs")

  private func failure(_ run: () throws -> Void) -> (status: CommandStatus?, text: String) {
    do {
      try run()
      return (nil, "nothing was thrown")
    } catch {
      let failure = Failure(error)
      return (failure.status, failure.lines.joined(separator: "\n"))
    }
  }

  private func runImport(_ arguments: [String]) throws -> ImportOutcome {
    try KerasImportRun(ImportKerasCommand.parse(arguments)).run()
  }

  /// One-hot data under a categorical likelihood: evaluated, and examples that the model draws are one-hot too.
  @Test func oneHotDataAreEvaluatedAndSimulated() throws {
    try withTemporaryDirectory { directory in
      let model = directory + "/model.h5"
      _ = try runImport([Self.graphs + "/one-hot.keras", "-o", model, "--likelihood", "categorical"])
      let classes = (0..<30).flatMap { example in (0..<5).map { (example * 3 + $0) % 4 } }
      func oneHot(_ chosen: Int) -> [Float] { (0..<4).map { $0 == chosen ? 1 : 0 } }
      let rows: [[Float]] = (0..<30).map { example in
        classes[example * 5..<(example + 1) * 5].flatMap { oneHot($0) }
      }
      try writeData(rows, to: directory + "/data.h5")
      let outcome = try NLLRun(NLLCommand.parse([model, directory + "/data.h5", "--samples", "20"])).run()
      #expect(outcome.summary.mean.isFinite)
      let checked = try CheckRun(CheckCommand.parse([model, "--simulated", "8", "--samples", "20"])).run()
      let json = checked.json
      #expect(json["lower"]?["mean"]?.double ?? 1 <= json["upper"]?["mean"]?.double ?? -1, "\(json.text)")
      // Numbers of classes instead: said.
      let numbers: [[Float]] = (0..<30).map { row in classes[row * 5..<(row + 1) * 5].map { Float($0) } }
      try writeData(numbers, to: directory + "/classes.h5")
      let wrong = failure { _ = try NLLRun(NLLCommand.parse([model, directory + "/classes.h5"])).run() }
      #expect(wrong.status == .invalidInput && wrong.text.contains("5 elements"), "\(wrong.text)")
    }
  }

  /// Every layer that can't be imported, at once, and before any option is asked for.
  @Test func allUnsupportedLayersAreNamedFirst() throws {
    try withTemporaryDirectory { directory in
      let config = directory + "/vae.json"
      func layer(_ kind: String, _ name: String, _ config: String, from: String?) -> String {
        let inbound = from.map { #"[[["\#($0)", 0, 0, {}]]]"# } ?? "[]"
        return
          #"{"class_name": "\#(kind)", "name": "\#(name)", "config": {"name": "\#(name)"\#(config)}, "inbound_nodes": \#(inbound)}"#
      }
      let layers = [
        layer("InputLayer", "x", #", "batch_input_shape": [null, 6]"#, from: nil),
        layer("Bidirectional", "both", "", from: "x"), layer("PlanarFlow", "flow_0", "", from: "both"),
        layer("PlanarFlow", "flow_1", "", from: "flow_0"), layer("LSTM", "recurrent", #", "units": 4"#, from: "flow_1"),
      ]
      let text =
        #"{"class_name": "Functional", "config": {"name": "vae", "layers": [\#(layers.joined(separator: ", "))], "#
        + #""input_layers": [["x", 0, 0]], "output_layers": [["recurrent", 0, 0]]}}"#
      try Data(text.utf8).write(to: URL(filePath: config))
      let error = failure {
        _ = try runImport([config, Self.graphs + "/form-weights.weights.h5", "-o", directory + "/model.h5"])
      }
      for words in ["both (Bidirectional)", "flow_0 (PlanarFlow)", "flow_1 (PlanarFlow)", "recurrent (LSTM)"] {
        #expect(error.text.contains(words), "\(error.text)")
      }
      #expect(!error.text.contains("--"))
    }
  }

  /// A draft is written by the command, with what to do next; nothing is written over.
  @Test func aDraftIsWrittenWhereItIsAskedFor() throws {
    try withTemporaryDirectory { directory in
      let weights = Self.graphs + "/form-subclassed.weights.h5"
      let draft = directory + "/draft.json"
      let run = try Executable.evidence.run("import", "keras", weights, "--draft", draft)
      #expect(
        run.status == 0 && run.output.contains("evidence import keras \(weights) \(draft) -o model.h5"), "\(run.output)"
      )
      #expect(try Executable.evidence.run("import", "keras", weights, "--draft", draft).status == 73)
      // As it is: activations are guesses, and the layers are those of the file.
      let outcome = try runImport([weights, draft, "-o", directory + "/model.h5"])
      #expect(outcome.model.encoders[0].trunk?.layers.first?.activation == .relu)
      #expect(outcome.model.decoders[0].trunk?.layers.first?.activation == .relu)
    }
  }

  /// What is no HDF5 file, or another one than was wanted, given to every command that takes one.
  @Test(
    arguments: [
      ("a.csv", Array("1,2\n3,4\n".utf8), "numpy.loadtxt"),
      ("a.pth", [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E], "torch"),
      ("a.onnx", [8, 8, 0x12, 7] + Array("pytorch".utf8), "ONNX"),
    ] as [(String, [UInt8], String)])
  func filesOfOtherKindsAreRecognised(_ name: String, _ bytes: [UInt8], _ words: String) throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/" + name
      try Data(bytes).write(to: URL(filePath: path))
      try SmallModel().write(to: directory + "/model.h5")
      try writeData(binaryRows, to: directory + "/data.h5")
      let model = directory + "/model.h5"
      let asData = failure { _ = try NLLRun(NLLCommand.parse([model, path])).run() }
      #expect(asData.text.contains(words), "\(asData.text)")
      let runs: [() throws -> Void] = [
        { _ = try NLLRun(NLLCommand.parse([path, directory + "/data.h5"])).run() },
        { _ = try UnitsRun(UnitsCommand.parse([path, directory + "/data.h5"])).run() },
        { _ = try CheckRun(CheckCommand.parse([path])).run() }, { try CompareCommand.parse([path, path]).run() },
        { try ReportCommand.parse([path, "-o", directory + "/r.html"]).run() },
        { try MergeCommand.parse([path, path, "-o", directory + "/all.h5"]).run() },
        { try InspectCommand.parse([path]).run() }, { _ = try runImport([path, "-o", directory + "/m.h5"]) },
      ]
      for run in runs {
        let error = failure(run)
        #expect(error.status == .invalidInput && !error.text.contains("signature of HDF5"), "\(error.text)")
        #expect(error.text.contains(path) && error.text.count < 2000)
      }
    }
  }

  /// Files of Keras and of numpy, and a model and data in each other's place.
  @Test func aFileInAnothersPlaceIsSaidWithTheCommand() throws {
    try withTemporaryDirectory { directory in
      let (model, data) = (directory + "/model.h5", directory + "/data.h5")
      try SmallModel().write(to: model)
      try writeData(binaryRows, to: data)
      let keras = Self.graphs + "/mean-dense.keras"
      for file in [keras, Self.graphs + "/form-subclassed.weights.h5", Self.graphs + "/form-legacy-encoder.h5"] {
        let text = failure { _ = try NLLRun(NLLCommand.parse([file, data])).run() }.text
        #expect(text.contains("evidence import keras \(file) -o model.h5"), "\(text)")
        #expect(
          failure { _ = try NLLRun(NLLCommand.parse([model, file])).run() }.text.contains("a Keras model, where data"))
        #expect(failure { try InspectCommand.parse([file]).run() }.text.contains("evidence import keras \(file)"))
      }
      let exchanged = failure { _ = try NLLRun(NLLCommand.parse([data, model])).run() }.text
      #expect(exchanged.contains("the order is: evidence nll MODEL DATA"), "\(exchanged)")
      #expect(failure { try CompareCommand.parse([model, model]).run() }.text.contains("--output results.h5"))
    }
  }
}
