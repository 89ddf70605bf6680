import ArgumentParser
import Evidence
import KerasImport
import ModelFile
import Models
import Networks
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand

/// The usual mistakes in bringing a model here, each with its words.
@Suite struct ImportMistakesTests {
  private static func dense(
    _ inputs: Int, _ outputs: Int, weight: Float = 0, bias: Float, _ activation: Activation = .identity
  )
    -> Layer
  {
    Layer(
      .dense(
        Dense(
          weight: Tensor(shape: [inputs, outputs], values: Array(repeating: weight, count: inputs * outputs)),
          layout: .kernel, bias: Tensor(Array(repeating: bias, count: outputs)))), activation: activation)
  }

  /// x [4], z [2].
  private static func model(
    _ parameter: ParameterName, bias: Float, _ activation: Activation = .identity, scale: ParameterName = .logVariance,
    scaleBias: Float = 0
  ) -> ModelDescription {
    ModelDescription(
      input: .init(shape: [4]),
      encoders: [
        Conditional(
          .normal, given: [0],
          parameters: [
            .mean: .stack(Stack([dense(4, 2, bias: 0)])), scale: .stack(Stack([dense(4, 2, bias: scaleBias)])),
          ])
      ],
      decoders: [
        Conditional(
          .bernoulli, given: [1], parameters: [parameter: .stack(Stack([dense(2, 4, bias: bias, activation)]))])
      ])
  }

  private func run(_ model: ModelDescription, _ rows: [[Float]]) throws -> NLLOutcome {
    try withTemporaryDirectory { directory in
      try ModelFile.write(model, to: directory + "/model.h5")
      try writeData(rows, to: directory + "/data.h5")
      return try NLLRun(
        NLLCommand.parse([directory + "/model.h5", directory + "/data.h5", "--samples", "20", "--threads", "1"])
      ).run()
    }
  }

  /// What an import says of a model.
  private static func warnings(_ model: ModelDescription) -> [String] {
    model.concerns.map { CommandWords().words($0, samples: 0, output: nil) }
  }

  private func has(_ warnings: [String], _ words: String) -> Bool { warnings.contains { $0.contains(words) } }

  /// Mostly white; the model says so, or the opposite.
  private static let light: [[Float]] = (0..<40).map { row in (0..<4).map { (row + $0) % 10 == 0 ? 0 : 1 } }

  @Test func aModelOfInvertedDataIsFarBelowAConstantOne() throws {
    let right = try run(Self.model(.logits, bias: 2.2), Self.light)
    let inverted = try run(Self.model(.logits, bias: -4), Self.light)
    #expect(!has(right.warningWords, "constant"), "\(right.warningWords)")
    #expect(has(inverted.warningWords, "--invert"), "\(inverted.warningWords)")
    // Minus the entropy of the means, up to the half examples.
    let baseline = try #require(right.summary.constantModel).meanLogLikelihood
    let entropy = 4 * (0.1 * 2.302585 + 0.9 * 0.1053605)
    #expect(abs(baseline + entropy) < 0.02 * entropy)
  }

  @Test func fewExamplesHaveNoMean() throws {
    #expect(try run(Self.model(.logits, bias: -4), Array(Self.light.prefix(19))).summary.constantModel == nil)
  }

  @Test func anUntrainedModelIsSaid() {
    #expect(
      Self.warnings(Self.model(.logits, bias: 0)) == [CommandWords().words(.untrainedModel, samples: 0, output: nil)])
    #expect(Self.warnings(Self.model(.logits, bias: 1)).isEmpty)
  }

  @Test func probabilitiesTakenForLogitsAreSaid() {
    #expect(has(Self.warnings(Self.model(.logits, bias: 1, .sigmoid)), "probabilities"))
    #expect(Self.warnings(Self.model(.probabilities, bias: 1, .sigmoid)).isEmpty)
    var split = Self.model(.logits, bias: 1, .sigmoid)
    if case .stack(let stack)? = split.decoders[0].parameters[.logits] {
      split.decoders[0].trunk = stack
      split.decoders[0].parameters[.logits] = .stack(Stack([Layer(.reshape([4]))]))
    }
    #expect(has(Self.warnings(split), "probabilities"))
  }

  @Test func logitsTakenForProbabilitiesAreAnErrorThatSaysSo() throws {
    let error = try #require(throws: EvidenceError.self) { try run(Self.model(.probabilities, bias: 3), Self.light) }
    #expect(error.description.contains("probabilities have to be in [0, 1]; if these are logits"), "\(error)")
    #expect(error.description.split(separator: "\n").count == 2)
  }

  @Test func aLogVarianceTakenForAScaleIsAnErrorThatSaysSo() throws {
    let model = Self.model(.logits, bias: 2, scale: .scale, scaleBias: -1)
    let error = try #require(throws: EvidenceError.self) { try run(model, Self.light) }
    #expect(error.description.contains("if these are log-variances, store them as `log_variance`"), "\(error)")
  }
}
