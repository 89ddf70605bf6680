import Foundation
import JSON
import Models
import Networks
import Testing

@testable import KerasImport

extension KerasTests {
  /// The same small model in each of Keras' files.
  @Suite struct Layouts {
    typealias F = KerasFixtures

    func expectSmall(_ result: KerasImportResult) {
      #expect(result.model.input.shape == [6])
      #expect(result.model.encoders == [F.encoderConditional])
      #expect(result.model.decoders == [F.decoderConditional])
      #expect(result.model.prior == .standardNormal)
    }

    @Test func keras2WholeModels() throws {
      expectSmall(
        try F.read([
          F.file("encoder.h5", F.named(F.encoderWeights, config: [F.encoder], at: "model_weights")),
          F.file("decoder.h5", F.named(F.decoderWeights, config: [F.decoder], at: "model_weights")),
        ]))
    }

    @Test func keras3Legacy() throws {
      let weights = F.encoderWeights.map { name, weights in
        (name, weights.map { (name: $0.name.replacing(":0", with: ""), shape: $0.shape) })
      }
      expectSmall(
        try F.read([
          F.file("decoder.h5", F.named(F.decoderWeights, config: [F.decoder], at: "model_weights")),
          F.file("encoder.h5", F.named(weights, config: [F.encoder], at: "model_weights")),
        ]))
    }

    @Test func attributesSplitPast64KiB() throws {
      let parts = [String(F.encoder.prefix(100)), String(F.encoder.dropFirst(100))]
      expectSmall(
        try F.read([
          F.file("e.h5", F.named(F.encoderWeights, config: parts, at: "model_weights", splitNames: true)),
          F.file("d.h5", F.named(F.decoderWeights, config: [F.decoder], at: "model_weights")),
        ]))
    }

    static let treeWeights: [(String, [[Int]])] = [
      ("encoder/layers/dense", [[6, 4], [4]]), ("encoder/layers/dense_1", [[4, 2], [2]]),
      ("encoder/layers/dense_2", [[4, 2], [2]]), ("decoder/layers/dense", [[2, 3], [3]]),
      ("decoder/layers/dense_1", [[3, 6], [6]]),
    ]

    @Test func keras3WeightsWithArchitectures() throws {
      expectSmall(
        try F.read([
          F.file("vae.weights.h5", F.tree(Self.treeWeights)), F.file("e.json", F.encoder), F.file("d.json", F.decoder),
        ]))
    }

    @Test func kerasArchives() throws {
      func archive(_ config: String, _ layers: [(String, [[Int]])], _ name: String) throws -> KerasFile {
        let stripped = layers.map { (String($0.0.drop { $0 != "/" }.dropFirst()), $0.1) }
        return try F.file(
          name,
          ZipBytes.archive([
            .init(name: "metadata.json", content: Array(#"{"keras_version": "3.3.3"}"#.utf8)),
            .init(name: "config.json", content: Array(config.utf8)),
            .init(name: "model.weights.h5", content: F.tree(stripped)),
          ]))
      }
      let result = try F.read([
        archive(F.encoder, Array(Self.treeWeights[..<3]), "e.keras"),
        archive(F.decoder, Array(Self.treeWeights[3...]), "d.keras"),
      ])
      expectSmall(result)
      #expect(result.model.about.source == "Keras 3.3.3: e.keras, d.keras")
    }

    static let groups: [(String, [F.Weight])] = [
      ("x", []), ("encoder", F.encoderWeights.flatMap(\.1)), ("decoder", F.decoderWeights.flatMap(\.1)),
    ]

    @Test func weightsOnlyWithArchitectures() throws {
      expectSmall(
        try F.read([
          F.file("weights.h5", F.named(Self.groups)), F.file("e.json", F.encoder), F.file("d.json", F.decoder),
        ]))
    }

    @Test func weightsOnlyWithADescription() throws {
      let description = """
        {"encoder": [{"layer": "hidden", "activation": "tanh"}], "mean": "z_mean", "log_variance": "z_log_var",
         "decoder": [{"layer": "wide", "activation": "relu"}, {"layer": "out", "activation": "sigmoid"}],
         "divide_by": 255, "binarize": "threshold"}
        """
      let result = try F.read([F.file("weights.h5", F.named(Self.groups)), F.file("d.json", description)])
      expectSmall(result)
      #expect(result.model.input.divideBy == 255)
      #expect(result.model.input.binarize == .threshold)
    }

    /// An activation for all layers is none of the heads, nor of the decoder's output.
    @Test func theActivationOfAllLayersIsNotThatOfAnOutput() throws {
      let description = """
        {"activation": "tanh", "encoder": ["hidden"], "mean": "z_mean", "log_variance": "z_log_var",
         "decoder": ["wide", "out"], "likelihood": "normal:1"}
        """
      let model = try F.read([F.file("weights.h5", F.named(Self.groups)), F.file("d.json", description)]).model
      #expect(model.encoders[0].trunk?.layers.map(\.activation) == [.tanh])
      #expect(model.decoders[0].trunk?.layers.map(\.activation) == [.tanh])
      for (conditional, name) in [
        (model.encoders[0], ParameterName.mean), (model.encoders[0], .logVariance), (model.decoders[0], .mean),
      ] {
        guard case .stack(let stack)? = conditional.parameters[name] else {
          Issue.record("no stack")
          continue
        }
        #expect(stack.layers.map(\.activation) == [.identity])
      }
    }

    @Test func weightsOnlyOfKeras3WithADescription() throws {
      let description = """
        {"encoder": [{"layer": "encoder/dense", "activation": "tanh"}], "mean": "encoder/dense_1",
         "log_variance": "encoder/dense_2",
         "decoder": [{"layer": "decoder/dense", "activation": "relu"},
                     {"layer": "decoder/dense_1", "activation": "sigmoid"}]}
        """
      let result = try F.read([F.file("vae.weights.h5", F.tree(Self.treeWeights)), F.file("d.json", description)])
      #expect(result.model.encoders[0].trunk?.layers.first?.operation == F.dense(6, 4, .tanh, "").operation)
      #expect(result.model.decoders[0].trunk?.layers.first?.activation == .relu)
    }

    @Test func denseWeightsAloneAreGuessedAndSaidSo() throws {
      let result = try F.read([F.file("weights.h5", F.named(Self.groups))])
      #expect(result.model.encoders[0].trunk?.layers.first?.activation == .relu)
      #expect(result.model.decoders == [F.decoderConditional])
      #expect(result.assumptions.contains { $0.statement.contains("relu") && $0.statement.contains("encoder/hidden") })
      #expect(result.model.about.description?.contains("relu") == true)
    }

    @Test func keras1() throws {
      func config(_ name: String, _ layers: [String]) -> String {
        #"{"class_name": "Sequential", "config": [\#(layers.joined(separator: ", "))]}"#
      }
      func dense(_ name: String, _ units: Int, _ activation: String, _ more: String = "") -> String {
        #"{"class_name": "Dense", "config": {"name": "\#(name)", "output_dim": \#(units), "activation": "\#(activation)", "#
          + #""bias": true\#(more)}}"#
      }
      func weights(_ name: String, _ inputs: Int, _ outputs: Int) -> (String, [F.Weight]) {
        (name, [("\(name)_W", [inputs, outputs]), ("\(name)_b", [outputs])])
      }
      var options = KerasImportOptions()
      options.encoder = "encoder"
      options.decoder = "decoder"
      options.splitHead = "both"
      let result = try F.read(
        [
          F.file(
            "encoder.h5",
            F.named(
              [weights("hidden", 6, 4), weights("both", 4, 4)],
              config: [
                config(
                  "e", [dense("hidden", 4, "tanh", #", "batch_input_shape": [null, 6]"#), dense("both", 4, "linear")])
              ],
              at: "model_weights")),
          F.file(
            "decoder.h5",
            F.named(
              [weights("wide", 2, 3), weights("out", 3, 6)],
              config: [config("d", [dense("wide", 3, "relu", #", "input_dim": 2"#), dense("out", 6, "sigmoid")])],
              at: "model_weights")),
        ], options)
      #expect(result.model.decoders == [F.decoderConditional])
      #expect(result.model.encoders[0].trunk == F.encoderConditional.trunk)
      // Columns 0, 1 of the kernel [4, 4] are the mean's.
      guard case .stack(let mean)? = result.model.encoders[0].parameters[.mean],
        case .dense(let dense)? = mean.layers.first?.operation
      else {
        Issue.record("no mean")
        return
      }
      let all = F.values([4, 4])
      #expect(dense.weight == Tensor(shape: [4, 2], values: [0, 1, 4, 5, 8, 9, 12, 13].map { all[$0] }))
      #expect(dense.bias?.values == Array(F.values([4])[..<2]))
    }

    @Test func oneModelWithNestedDecoderAndSampler() throws {
      // The inner model counts its own making as call 0.
      let layers =
        F.encoderLayers + [
          F.layer("Lambda", "sampler", #""function": ["x", null, null]"#, from: F.call("z_mean", "z_log_var")),
          #"{"class_name": "Model", "name": "decoder", "config": {"name": "decoder", "layers": ["#
            + [
              F.input("z_in", 2), F.dense("wide", 3, "relu", from: "z_in"), F.dense("out", 6, "sigmoid", from: "wide"),
            ]
            .joined(separator: ", ")
            + #"], "input_layers": [["z_in", 0, 0]], "output_layers": [["out", 0, 0]]}, "inbound_nodes": [[["sampler", 0, 0, {}]]]}"#,
        ]
      let config =
        #"{"class_name": "Model", "config": {"name": "vae", "layers": [\#(layers.joined(separator: ", "))], "#
        + #""input_layers": [["x", 0, 0]], "output_layers": [["decoder", 1, 0]]}}"#
      let weights = F.encoderWeights + [("sampler", []), ("decoder", F.decoderWeights.flatMap(\.1))]
      expectSmall(try F.read([F.file("vae.h5", F.named(weights, config: [config], at: "model_weights"))]))
    }

    @Test func namesOfAnotherSessionMatchInOrder() throws {
      let weights = [
        ("x", []), F.denseWeights("dense_7", 6, 4), F.denseWeights("dense_8", 4, 2), F.denseWeights("dense_9", 4, 2),
      ]
      let result = try F.read([
        F.file("e.h5", F.named(weights)), F.file("d.h5", F.named(F.decoderWeights, config: [F.decoder])),
        F.file("e.json", F.encoder),
      ])
      expectSmall(result)
      #expect(result.assumptions.contains { $0.statement.contains("dense_7, dense_8, dense_9") })
    }
  }
}
