import Foundation
import HDF5
import JSON
import Models
import Networks
import Testing

@testable import KerasImport

extension KerasTests {
  /// Files that are damaged, incomplete or hostile: a clear error each.
  @Suite struct Mistakes {
    typealias F = KerasFixtures

    static func decoder() throws -> KerasFile {
      try F.file("d.h5", F.named(F.decoderWeights, config: [F.decoder], at: "model_weights"))
    }

    static func encoder(_ layers: [String], outputs: [String], weights: [(String, [F.Weight])]) throws -> [KerasFile] {
      let config = F.functional("encoder", layers, inputs: ["x"], outputs: outputs)
      return [try F.file("e.h5", F.named(weights, config: [config], at: "model_weights")), try decoder()]
    }

    @Test func missingFilesAndFolders() {
      func code(_ path: String) -> ImportError.Code? {
        do { _ = try KerasImport.read(files: [path]) } catch { return (error as? ImportError)?.code }
        return nil
      }
      #expect(code("/nowhere/model.h5") == .noSuchFile)
      #expect(code(FileManager.default.temporaryDirectory.path) == .notACheckpoint)
    }

    @Test func aTruncatedFile() throws {
      let whole = try F.named(F.encoderWeights, config: [F.encoder], at: "model_weights")
      for count in [9, 100, whole.count / 2, whole.count - 1] {
        let error = #expect(throws: HDF5Error.self) { try F.file("e.h5", Array(whole[..<count])) }
        #expect(error.map { [.truncated, .damaged].contains($0.code) } == true)
      }
    }

    @Test func anotherHDF5File() throws {
      let file = try File(inMemory: "other")
      try file.root.createDataset("images", type: .float(bits: 32), shape: [2]).write([1, 2] as [Float])
      let error = #expect(throws: ImportError.self) { try F.file("other.h5", file.image()) }
      #expect(error?.code == .notACheckpoint)
    }

    @Test func anotherArchive() {
      let zip = ZipBytes.archive([.init(name: "data.pkl", content: [1])])
      let error = #expect(throws: ImportError.self) { try F.file("torch.pt", zip) }
      #expect(error?.found == "data.pkl")
    }

    @Test func missingWeights() throws {
      let weights = F.encoderWeights.filter { $0.0 != "z_log_var" }
      let error = F.error { try Self.encoder(F.encoderLayers, outputs: ["z_mean", "z_log_var"], weights: weights) }
      #expect(error?.code == .missingWeights)
      #expect(error?.place == "z_log_var")
    }

    @Test func missingWeightsOfATree() throws {
      let error = F.error {
        [
          try F.file("w.weights.h5", F.tree(Array(Layouts.treeWeights.filter { $0.0 != "encoder/layers/dense_1" }))),
          try F.file("e.json", F.encoder), try F.file("d.json", F.decoder),
        ]
      }
      #expect(error?.code == .missingWeights)
      #expect(error?.place == "z_mean")
    }

    @Test func transposedKernels() throws {
      var weights = F.encoderWeights
      weights[1] = ("hidden", [("hidden/kernel:0", [4, 6]), ("hidden/bias:0", [4])])
      let error = F.error { try Self.encoder(F.encoderLayers, outputs: ["z_mean", "z_log_var"], weights: weights) }
      #expect(error?.code == .wrongWeights)
      #expect(error?.message.contains("transposed") == true)
      #expect(error?.expected == "[6, 4]")
      #expect(error?.found == "[4, 6]")
    }

    @Test func anotherNumberOfWeights() throws {
      var weights = F.encoderWeights
      weights[1] = ("hidden", [("hidden/kernel:0", [6, 4])])
      let error = F.error { try Self.encoder(F.encoderLayers, outputs: ["z_mean", "z_log_var"], weights: weights) }
      #expect(error?.expected == "kernel, bias")
    }

    @Test func weightsThatTheFileDoesNotHold() throws {
      let file = try File(inMemory: "e")
      let root = try file.root
      try root.setAttribute("layer_names", ["hidden"])
      try root.createGroup("hidden").setAttribute("weight_names", ["hidden/kernel:0"])
      let error = #expect(throws: HDF5Error.self) { try F.file("e.h5", file.image()) }
      #expect(error?.code == .noSuchObject)
    }

    @Test(arguments: ["LSTM", "Lambda", "FancyLayer"]) func unsupportedLayers(_ className: String) throws {
      let layers = [
        F.input("x", 6), F.dense("a", 4, from: "x"), F.layer(className, "odd", from: F.call("a")),
        F.dense("z_mean", 2, from: "odd"), F.dense("z_log_var", 2, from: "odd"),
      ]
      let weights = [F.denseWeights("a", 6, 4), F.denseWeights("z_mean", 4, 2), F.denseWeights("z_log_var", 4, 2)]
      let error = F.error { try Self.encoder(layers, outputs: ["z_mean", "z_log_var"], weights: weights) }
      #expect(error?.code == .unsupportedLayer)
      #expect(error?.message.contains("odd (\(className))") == true)
      #expect(error?.place == "odd, after a (Dense), before z_mean (Dense) and z_log_var (Dense)")
    }

    @Test func unsupportedActivations() throws {
      var layers = F.encoderLayers
      layers[1] = F.dense("hidden", 4, "hard_sigmoid", from: "x")
      let error = F.error { try Self.encoder(layers, outputs: ["z_mean", "z_log_var"], weights: F.encoderWeights) }
      #expect(error?.found == "\"hard_sigmoid\"")
    }

    @Test func layersInACircle() throws {
      let layers = [F.input("x", 6), F.dense("a", 6, from: "b"), F.dense("b", 6, from: "a")]
      let error = F.error {
        try Self.encoder(layers, outputs: ["b"], weights: [F.denseWeights("a", 6, 6), F.denseWeights("b", 6, 6)])
      }
      #expect(error?.message == "the layers form a circle")
    }

    @Test func longChainsAndMultiplyingModels() throws {
      // 5000 layers in the wrong order: no recursion along them.
      let chain = (1...5000).reversed().map { F.layer("Dropout", "d\($0)", from: F.call($0 == 1 ? "x" : "d\($0 - 1)")) }
      let long = F.functional("m", chain + [F.input("x", 2)], inputs: ["x"], outputs: ["d5000"])
      let model = try #require(try KerasModelParser.model(JSONParser.parse([UInt8](long.utf8), file: "m"), file: "m"))
      #expect(try KerasGraph(model, file: "m").nodes.count == 5001)
      // Each model calls the one inside it twice: 2^20 calls.
      var inner = F.functional(
        "m0", [F.input("x0", 2), F.layer("Dropout", "d", from: F.call("x0"))], inputs: ["x0"], outputs: ["d"])
      for level in 1...20 {
        let x = "x\(level)"
        let calls = #"[[["\#(x)", 0, 0]], [["\#(x)", 0, 0]]]"#
        let nested = String(inner.dropLast()) + #", "inbound_nodes": \#(calls), "name": "m\#(level - 1)"}"#
        inner =
          F.functional("m\(level)", [F.input(x, 2), nested], inputs: [x], outputs: ["m\(level - 1)"])
          .replacing(
            #""output_layers": [["m\#(level - 1)", 0, 0]]"#, with: #""output_layers": [["m\#(level - 1)", 1, 0]]"#)
      }
      let bomb = try #require(try KerasModelParser.model(JSONParser.parse([UInt8](inner.utf8), file: "m"), file: "m"))
      let error = #expect(throws: ImportError.self) { try KerasGraph(bomb, file: "m") }
      #expect(error?.code == .tooLarge)
    }

    @Test func enormousShapes() throws {
      let layers = [
        F.input("x", 6), F.layer("Reshape", "r", #""target_shape": [4611686018427387904, 4]"#, from: F.call("x")),
        F.dense("z_mean", 2, from: "r"), F.dense("z_log_var", 2, from: "r"),
      ]
      let weights = [F.denseWeights("z_mean", 6, 2), F.denseWeights("z_log_var", 6, 2)]
      #expect(F.error { try Self.encoder(layers, outputs: ["z_mean", "z_log_var"], weights: weights) } != nil)
      let images = [F.input("x", 60_000, 60_000, 9)] + Array(F.encoderLayers[1...])
      #expect(F.error { try Self.encoder(images, outputs: ["z_mean", "z_log_var"], weights: F.encoderWeights) } != nil)
    }

    @Test func weightsAloneThatAreNotEnough() throws {
      let error = F.error { [try F.file("w.h5", F.named([("c", [("c/kernel:0", [3, 3, 1, 2])])]))] }
      #expect(error?.code == .undecided)
      #expect(error?.remedy == .describe)
      #expect(error?.found == "c [3, 3, 1, 2]")
    }

    @Test(arguments: [
      #"{"encoder": ["hidden"], "mean": "z_mean", "decoder": []}"#,
      #"{"encoder": ["hidden"], "mean": "z_mean", "log_variance": "z_log_var", "decoder": [], "colour": 1}"#,
      #"{"encoder": ["none"], "mean": "z_mean", "log_variance": "z_log_var", "decoder": ["wide"]}"#,
      #"{"encoder": [3], "mean": "z_mean", "log_variance": "z_log_var", "decoder": ["wide"]}"#,
      #"{"encoder": ["hidden"], "mean": "z_mean", "log_variance": "z_log_var", "decoder": ["wide"], "likelihood": "x"}"#,
      #"{"encoder": [], "mean": "z_mean", "log_variance": "z_log_var", "decoder": ["wide", "out"]}"#,
    ])
    func badDescriptions(_ text: String) throws {
      #expect(F.error { [try F.file("w.h5", F.named(Layouts.groups)), try F.file("d.json", text)] } != nil)
    }

    @Test(arguments: [
      #"{"class_name": "Functional", "config": {"name": "m", "layers": [], "input_layers": [], "output_layers": []}}"#,
      #"{"class_name": "Functional", "config": {"layers": [{"class_name": "Dense", "config": {"name": "a"}}, {"class_name": "Dense", "config": {"name": "a"}}], "output_layers": [["a", 0, 0]]}}"#,
      #"{"class_name": "Functional", "config": {"layers": [{"class_name": "Dense"}], "output_layers": [["a", 0, 0]]}}"#,
      #"{"class_name": "Sequential", "config": {"layers": 3}}"#,
      #"{"class_name": "Functional", "config": {"layers": [{"class_name": "Dense", "name": "a", "config": {}, "inbound_nodes": [[["a", 7, 0]]]}], "output_layers": [["a", 9, 0]]}}"#,
    ])
    func badConfigurations(_ text: String) throws {
      #expect(F.error { [try F.file("m.h5", F.named(F.encoderWeights, config: [text], at: "model_weights"))] } != nil)
    }
  }
}
