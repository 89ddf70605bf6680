import HDF5
import ModelFile
import Models
import Networks
import Testing

@testable import KerasImport

extension KerasTests {
  /// p(x | z), and what the data are.
  @Suite struct Likelihoods {
    typealias F = KerasFixtures

    static func files(ending activation: String) throws -> [KerasFile] {
      let decoder = F.functional(
        "decoder",
        [F.input("z_in", 2), F.dense("wide", 3, "relu", from: "z_in"), F.dense("out", 6, activation, from: "wide")],
        inputs: ["z_in"], outputs: ["out"])
      return [
        try F.file("e.h5", F.named(F.encoderWeights, config: [F.encoder], at: "model_weights")),
        try F.file("d.h5", F.named(F.decoderWeights, config: [decoder], at: "model_weights")),
      ]
    }

    static func decoder(_ activation: String, _ likelihood: KerasLikelihood?, invert: Bool = false) throws
      -> Conditional
    {
      var options = KerasImportOptions()
      options.likelihood = likelihood
      options.invert = invert
      return try #require(F.read(files(ending: activation), options).model.decoders.first)
    }

    @Test func aLinearOutputIsAsked() {
      let error = F.error { try Self.files(ending: "linear") }
      #expect(error?.code == .undecided)
      #expect(error?.remedy == .sayLikelihood && error?.description.contains("normal:SCALE") == true)
    }

    @Test func linearOutputs() throws {
      let out = Parameter.stack(Stack([F.dense(3, 6, .identity, "out")]))
      #expect(try Self.decoder("linear", .bernoulliLogits).parameters == [.logits: out])
      #expect(try Self.decoder("linear", .bernoulli).parameters == [.logits: out])
      let normal = try Self.decoder("linear", .normal(scale: 0.1))
      #expect(normal.distribution == .normal)
      #expect(normal.parameters == [.mean: out, .scale: .constant(Tensor(shape: [], values: [0.1]))])
      #expect(try Self.decoder("softmax", .categorical).parameters == [.logits: out])
      #expect(try Self.decoder("sigmoid", .continuousBernoulli).distribution == .continuousBernoulli)
    }

    @Test func probabilitiesAreNotLogits() throws {
      #expect(throws: ImportError.self) { try Self.decoder("sigmoid", .bernoulliLogits) }
      #expect(throws: ImportError.self) { try Self.decoder("relu", .bernoulli) }
    }

    @Test(
      arguments: [
        ("bernoulli", KerasLikelihood.bernoulli), ("normal:0.1", .normal(scale: 0.1)),
        ("laplace:2", .laplace(scale: 2)),
        ("normal", nil), ("normal:0", nil), ("normal:-1", nil), ("normal:nan", nil), ("bernoulli:1", nil), ("", nil),
        ("discretized-logistic:0.05", .discretizedLogistic(scale: 0.05)),
      ] as [(String, KerasLikelihood?)])
    func readsTheCommandLine(_ text: String, _ likelihood: KerasLikelihood?) {
      #expect(KerasLikelihood(text) == likelihood)
    }

    /// A model of 1 − x: the encoder turns its input, and 1 − σ(l) = σ(−l).
    @Test func inversion() throws {
      var options = KerasImportOptions()
      options.invert = true
      let model = try F.read(Self.files(ending: "sigmoid"), options).model
      #expect(
        model.encoders[0].trunk?.layers.first == .affine(scale: -1, offset: 1, channels: 6, axis: 0, name: "invert"))
      func minus(_ shape: [Int]) -> Tensor { Tensor(shape: shape, values: F.values(shape).map { -$0 }) }
      let turned = Layer(
        .dense(Dense(weight: minus([3, 6]), layout: .kernel, bias: minus([6]))), activation: .sigmoid, name: "out")
      #expect(model.decoders[0].parameters == [.probabilities: .stack(Stack([turned]))])
      let normal = try Self.decoder("linear", .normal(scale: 1), invert: true)
      guard case .stack(let mean)? = normal.parameters[.mean] else {
        Issue.record("no mean")
        return
      }
      #expect(mean.layers.last == .affine(scale: -1, offset: 1, channels: 6, axis: 0, name: "invert"))
    }

    @Test func optionsOfTheInput() throws {
      var options = KerasImportOptions()
      options.divideBy = 16
      options.binarize = .bernoulli
      options.name = "small"
      let model = try F.read(Self.files(ending: "sigmoid"), options).model
      #expect(model.input.divideBy == 16)
      #expect(model.input.binarize == .bernoulli)
      #expect(model.about.name == "small")
      options.inputShape = [7]
      #expect(F.error(options) { try Self.files(ending: "sigmoid") }?.expected == "[6]")
    }

    @Test func importedModelsCanBeWritten() throws {
      let model = try F.read(Self.files(ending: "sigmoid")).model
      let file = try File(inMemory: "model.h5")
      try ModelFile.write(model, to: file)
      let copy = try ModelFile.read(File(readingImage: file.image(), name: "model.h5")).description
      #expect(copy.decoders[0].parameters.keys.first == .probabilities)
      #expect(copy.about == model.about)
    }
  }
}
