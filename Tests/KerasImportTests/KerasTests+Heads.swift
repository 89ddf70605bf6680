import HDF5
import Models
import Networks
import Testing

@testable import KerasImport

extension KerasTests {
  /// Which layers become mean and scale, and what is asked where that is not clear.
  @Suite struct WhichHeads {
    typealias F = KerasFixtures

    /// An encoder with two heads of the given names, and the usual decoder.
    static func files(_ first: String, _ second: String, activation: String = "linear", sampler: String? = nil) throws
      -> [KerasFile]
    {
      var layers = [
        F.input("x", 6), F.dense("hidden", 4, "tanh", from: "x"), F.dense(first, 2, from: "hidden"),
        F.dense(second, 2, activation, from: "hidden"),
      ]
      if let sampler { layers.append(sampler) }
      let config = F.functional("encoder", layers, inputs: ["x"], outputs: sampler == nil ? [first, second] : ["z"])
      let weights = [
        F.denseWeights("hidden", 6, 4), F.denseWeights(first, 4, 2), F.denseWeights(second, 4, 2),
      ]
      return [
        try F.file("e.h5", F.named(weights, config: [config], at: "model_weights")),
        try F.file("d.h5", F.named(F.decoderWeights, config: [F.decoder], at: "model_weights")),
      ]
    }

    static func names(_ result: KerasImportResult) -> [ParameterName: String?] {
      result.model.encoders[0].parameters.mapValues { parameter in
        guard case .stack(let stack) = parameter else { return nil }
        return stack.layers.first?.name
      }
    }

    @Test func namesDecideWhateverTheOrder() throws {
      let result = try F.read(Self.files("z_log_sigma", "z_mu"))
      #expect(Self.names(result) == [.mean: "z_mu", .logScale: "z_log_sigma"])
    }

    @Test func orderIsAnAssumption() throws {
      let result = try F.read(Self.files("dense_1", "dense_2"))
      #expect(Self.names(result) == [.mean: "dense_1", .logVariance: "dense_2"])
      #expect(result.assumptions.contains { $0.statement.contains("dense_1 (Dense) is taken to be the mean") })
    }

    @Test func aPositiveHeadIsAScale() throws {
      let result = try F.read(Self.files("mean", "sigma", activation: "softplus"))
      #expect(Self.names(result) == [.mean: "mean", .scale: "sigma"])
    }

    @Test func aSigmaThatMayBeNegativeIsAsked() throws {
      let error = F.error { try Self.files("mean", "sigma") }
      #expect(error?.code == .undecided)
      #expect(error?.remedy == .nameScale(layer: nil))
      var options = KerasImportOptions()
      options.logScale = "sigma"
      #expect(try Self.names(F.read(Self.files("mean", "sigma"), options)) == [.mean: "mean", .logScale: "sigma"])
    }

    @Test func theCallerDecides() throws {
      var options = KerasImportOptions()
      options.mean = "dense_2"
      options.logVariance = "dense_1"
      let result = try F.read(Self.files("dense_1", "dense_2"), options)
      #expect(Self.names(result) == [.mean: "dense_2", .logVariance: "dense_1"])
      options.mean = "nothing"
      let error = F.error(options) { try Self.files("dense_1", "dense_2") }
      #expect(error?.message == "there is no layer nothing")
      #expect(error?.found?.contains("dense_2") == true)
    }

    @Test(arguments: ["Lambda", "Sampling"]) func aSamplerNamesItsInputs(_ className: String) throws {
      let sampler = F.layer(className, "z", from: F.call("dense_1", "dense_2"))
      let result = try F.read(Self.files("dense_1", "dense_2", sampler: sampler))
      #expect(Self.names(result) == [.mean: "dense_1", .logVariance: "dense_2"])
    }

    /// z = m + exp(factor · s) · ε, as TensorFlow's operations and as those of Keras 3.
    static func operations(factor: String?) -> [String] {
      func operation(_ name: String, _ function: String, _ inbound: String) -> String {
        F.layer("TFOpLambda", name, #""function": "\#(function)""#, from: inbound)
      }
      let scaled = factor.map {
        operation("half", "math.multiply", #"[["dense_1", 0, 0, {"y": \#($0), "name": null}]]"#)
      }
      return [
        scaled,
        operation("shape", "compat.v1.shape", #"[["hidden", 0, 0, {"out_type": "int32"}]]"#),
        operation("noise", "random.normal", #"[["shape", 0, 0, {}]]"#),
        operation("exp", "math.exp", #"[["\#(factor == nil ? "dense_1" : "half")", 0, 0, {}]]"#),
        operation("times", "math.multiply", #"[["exp", 0, 0, {"y": ["noise", 0, 0], "name": null}]]"#),
        operation("z", "__operators__.add", #"[["dense_2", 0, 0, {"y": ["times", 0, 0], "name": null}]]"#),
      ].compactMap(\.self)
    }

    @Test(arguments: [("0.5", .logVariance), (nil, .logScale)] as [(String?, ParameterName)])
    func operationsTellTheScaleFromTheMean(_ factor: String?, _ name: ParameterName) throws {
      let sampler = Self.operations(factor: factor).joined(separator: ", ")
      let result = try F.read(Self.files("dense_1", "dense_2", sampler: sampler))
      #expect(Self.names(result) == [.mean: "dense_2", name: "dense_1"])
    }

    @Test func anEncoderWithTheMeanAloneIsAsked() {
      let error = F.error {
        let config = F.functional(
          "encoder", [F.input("x", 6), F.dense("z_mean", 2, from: "x")], inputs: ["x"], outputs: ["z_mean"])
        return [
          try F.file("e.h5", F.named([F.denseWeights("z_mean", 6, 2)], config: [config], at: "model_weights")),
          try F.file("d.h5", F.named(F.decoderWeights, config: [F.decoder], at: "model_weights")),
        ]
      }
      #expect(error?.code == .undecided)
      #expect(error?.found == "z_mean (Dense)")
    }

    @Test func rolesAreAskedFor() throws {
      func rename(_ text: String, _ name: String) -> String {
        text.replacing(#""encoder""#, with: "\"\(name)\"").replacing(#""decoder""#, with: "\"\(name)\"")
      }
      func files() throws -> [KerasFile] {
        [
          try F.file("b.h5", F.named(F.decoderWeights, config: [rename(F.decoder, "b")], at: "model_weights")),
          try F.file("a.h5", F.named(F.encoderWeights, config: [rename(F.encoder, "a")], at: "model_weights")),
        ]
      }
      #expect(try F.read(files()).assumptions.contains { $0.statement.contains("a is taken to be the encoder") })
      var options = KerasImportOptions()
      options.encoder = "a"
      options.decoder = "b"
      #expect(try F.read(files(), options).model.decoders == [F.decoderConditional])
      options.encoder = "c"
      #expect(F.error(options, files)?.code == .undecided)
      #expect(F.error { [try files()[1]] }?.remedy == .giveBothModels)
    }
  }
}
