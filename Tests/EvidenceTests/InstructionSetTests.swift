import Evidence
import EvidenceTesting
import Foundation
import Models
import Networks
import Testing

/// The same model, data and seed under every set of instructions that this processor has, end to end.
@Suite struct InstructionSetTests {
  /// Relative to the size of a log-likelihood, or to one nat: docs/decisions/kernels.md says where it comes from.
  static let bound = 1e-5

  static let models: [(name: String, model: ModelDescription, values: [Float])] = {
    let exact = LinearGaussian(sizes: [9, 4, 2])
    let gaussian = exact.sample(12).flatMap { $0 }
    return [
      ("two layers, full-normal", exact.description(widening: 1.4), gaussian),
      ("bernoulli", network(.bernoulli), gaussian.map { $0 > 0 ? 1 : 0 }),
      (
        "discretized logistic", network(.discretizedLogistic),
        gaussian.map { (1 / (1 + exp(-$0)) * 255).rounded() / 255 }
      ),
    ]
  }()

  /// Weights of a fixed sequence: nine elements, eight hidden units, three latents.
  static func network(_ likelihood: Distribution) -> ModelDescription {
    var state: UInt64 = 5
    func dense(_ inputs: Int, _ outputs: Int, _ size: Float, _ activation: Activation = .identity) -> Layer {
      let values = (0..<inputs * outputs + outputs).map { _ -> Float in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return size * (Float(state >> 40) / Float(1 << 23) - 1)
      }
      let weight = Tensor(rows: outputs, columns: inputs, Array(values.dropLast(outputs)))
      let dense = Dense(weight: weight, layout: .weight, bias: Tensor(Array(values.suffix(outputs))))
      return Layer(.dense(dense), activation: activation)
    }
    let output: [ParameterName: Parameter] =
      likelihood == .bernoulli
      ? [.logits: .stack(Stack([dense(8, 9, 2)]))]
      : [.mean: .stack(Stack([dense(8, 9, 0.4)])), .logScale: .stack(Stack([dense(8, 9, 1)]))]
    return ModelDescription(
      input: .init(shape: [9]),
      encoders: [
        Conditional(
          .normal, given: [0], trunk: Stack([dense(9, 8, 0.5, .tanh)]),
          parameters: [
            .mean: .stack(Stack([dense(8, 3, 0.5)])), .logVariance: .stack(Stack([dense(8, 3, 0.3)])),
          ])
      ],
      decoders: [
        Conditional(likelihood, given: [1], trunk: Stack([dense(3, 8, 1, .softplus)]), parameters: output)
      ])
  }

  static func rows(_ description: ModelDescription, _ values: [Float], _ instructions: InstructionSet) throws
    -> [LogLikelihoodMeasurement]
  {
    var rows: [LogLikelihoodMeasurement] = []
    let model = try NetworkModel(description, instructionSet: instructions)
    #expect(model.instructionSet.description == instructions.description)
    _ = try Evaluation(seed: 3, threads: 2).run(
      ImportanceSampling(samples: 130), under: model, on: Dataset(values, count: values.count / 9)
    ) { rows.append($1) }
    return rows
  }

  @Test(arguments: models.indices) func logLikelihoodsAgree(number: Int) throws {
    let (name, model, values) = Self.models[number]
    let scalar = try Self.rows(model, values, InstructionSet.available[0])
    var largest = 0.0
    for instructions in InstructionSet.available.dropFirst() {
      for (row, expected) in zip(try Self.rows(model, values, instructions), scalar) {
        let size = max(1, abs(expected.logLikelihood))
        let difference = max(abs(row.logLikelihood - expected.logLikelihood), abs(row.elbo - expected.elbo)) / size
        largest = max(largest, difference)
        #expect(difference <= Self.bound, "\(name), \(instructions), example \(row.index)")
      }
    }
    // They are different roundings: the same bits would mean that one path was taken twice.
    #expect(InstructionSet.available.count == 1 || largest > 0, "\(name)")
  }

  @Test func everyPathIsThere() {
    let names = InstructionSet.available.map(\.description)
    #expect(names.first == "scalar" && Set(names).count == names.count)
    #if arch(x86_64)
      // Every x86-64 processor has SSE2.
      #expect(names.contains("sse2"))
    #endif
    #expect(InstructionSet.best.description == names.last)
  }
}
