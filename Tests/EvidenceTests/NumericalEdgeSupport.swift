import Evidence
import Models
import Networks

/// A model written by a user: the log-weight of every draw is whatever a function says.
struct GivenWeights: LatentVariableModel {
  let logWeight: @Sendable (_ example: Int, _ draw: Int) -> Double

  var inputCount: Int { 1 }
  var latentCounts: [Int] { [1] }
  var support: Support { .reals }
  var drawsAtOnce: Int { 7 }

  func makeScratch(examples: Int) {}
  func encode(_ batch: ExampleBatch, scratch: inout Void) throws {}

  func logWeights(
    of example: Example, draws: Range<Int>, scratch: inout Void, into result: UnsafeMutableBufferPointer<Double>
  ) throws {
    for (slot, draw) in draws.enumerated() { result[slot] = logWeight(example.index, draw) }
  }
}

/// The measurements of an estimator, and its summary.
func evaluated<E: Estimator>(
  _ estimator: E, _ model: some LatentVariableModel, _ values: [Float], examples: Range<Int>? = nil,
  restored: [E.Measurement] = []
) throws -> (rows: [E.Measurement], summary: E.Summary) {
  var rows = restored
  let data = Dataset(values, count: values.count / model.inputCount)
  let summary = try Evaluation(threads: 2, examples: examples)
    .run(estimator, under: model, on: data, restored: RestoredMeasurements(restored)) { rows.append($1) }
  return (rows, summary)
}

/// A stack of one dense layer with the given weights and biases.
func linear(_ weights: [Float], _ biases: [Float]) -> Stack {
  let weight = Tensor(rows: biases.count, columns: weights.count / biases.count, weights)
  return Stack([Layer(.dense(Dense(weight: weight, layout: .weight, bias: Tensor(biases))))])
}

/// x [1] under a likelihood of constant parameters: the posterior is the prior, so every weight is p(x).
func constantModel(
  _ likelihood: Distribution, _ parameters: [ParameterName: [Float]], bins: Int = 256
) throws -> NetworkModel {
  var decoder = Conditional(likelihood, given: [1], parameters: parameters.mapValues { .constant(Tensor($0)) })
  decoder.bins = bins
  return try edgeModel(decoder, posterior: [.mean: .constant(Tensor([0])), .scale: .constant(Tensor([1]))])
}

func edgeModel(_ decoder: Conditional, posterior: [ParameterName: Parameter]) throws -> NetworkModel {
  try NetworkModel(
    ModelDescription(
      input: .init(shape: [1]), encoders: [Conditional(.normal, given: [0], parameters: posterior)],
      decoders: [decoder]))
}
