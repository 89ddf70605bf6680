import CKernels
import Models

@testable import Networks

/// A model of one layer with small random networks: 1–2 latents, a few elements of data.
func toyModel(_ likelihood: Distribution, pixels: Int, latents: Int, _ random: inout Random) -> ModelDescription {
  let head = { (random: inout Random, outputs: Int, scale: Float) in
    Parameter.stack(Stack([random.dense(5, outputs, scale)]))
  }
  var parameters: [ParameterName: Parameter] = [:]
  switch likelihood {
  case .normal: parameters = [.mean: head(&random, pixels, 0.7), .logVariance: head(&random, pixels, 0.3)]
  case .fullNormal:
    parameters = [.mean: head(&random, pixels, 0.7), .scaleTril: triangle(&random, pixels)]
  case .laplace: parameters = [.mean: head(&random, pixels, 0.7), .logScale: head(&random, pixels, 0.3)]
  case .bernoulli, .continuousBernoulli: parameters = [.logits: head(&random, pixels, 1)]
  case .categorical: parameters = [.logits: head(&random, pixels * 3, 1)]
  case .discretizedLogistic: parameters = [.mean: head(&random, pixels, 0.4), .logScale: head(&random, pixels, 0.5)]
  case .logisticMixture:
    parameters = [
      .logits: head(&random, pixels * 2, 1), .mean: head(&random, pixels * 2, 0.4),
      .logScale: head(&random, pixels * 2, 0.5),
    ]
  case .beta: parameters = [.logAlpha: head(&random, pixels, 0.5), .logBeta: head(&random, pixels, 0.5)]
  case .poisson: parameters = [.logRate: head(&random, pixels, 0.6)]
  case .negativeBinomial, .zeroInflatedNegativeBinomial:
    parameters = [.logMean: head(&random, pixels, 0.6), .logDispersion: head(&random, pixels, 0.3)]
    if likelihood == .zeroInflatedNegativeBinomial { parameters[.dropoutLogits] = head(&random, pixels, 0.7) }
  }
  var decoder = Conditional(
    likelihood, given: [1], trunk: Stack([random.dense(latents, 5, activation: .tanh)]), parameters: parameters)
  if likelihood == .logisticMixture || likelihood == .discretizedLogistic { decoder.bins = 16 }
  return ModelDescription(
    input: .init(shape: [pixels]),
    encoders: [
      Conditional(
        .normal, given: [0], trunk: Stack([random.dense(pixels, 4, 0.2, activation: .softplus)]),
        parameters: [
          .mean: .stack(Stack([random.dense(4, latents, 0.2)])),
          .logVariance: .stack(Stack([random.dense(4, latents, 0.1)])),
        ])
    ],
    decoders: [decoder])
}

/// A lower triangle with a positive diagonal, as a constant.
func triangle(_ random: inout Random, _ d: Int) -> Parameter {
  .constant(
    Tensor(
      shape: [d, d],
      values: (0..<d * d).map { $0 % (d + 1) == 0 ? 1 + random.number(0.2) : random.number(0.5) }))
}

/// Data in the support of a likelihood.
func toyData(_ likelihood: Distribution, pixels: Int) -> [Float] {
  (0..<pixels).map { i in
    switch likelihood {
    case .normal, .fullNormal, .laplace: Float(i) * 0.4 - 0.5
    case .bernoulli: Float(i % 2)
    case .continuousBernoulli, .beta: 0.15 + 0.3 * Float(i % 3)
    case .categorical: Float(i % 3)
    case .discretizedLogistic, .logisticMixture: Float([0, 15, 6, 4][i % 4]) / 15
    case .poisson, .negativeBinomial, .zeroInflatedNegativeBinomial: Float([1, 0, 4][i % 3])
    }
  }
}

/// Log-weights of one example, in chunks of at most `chunk` draws.
func logWeights(
  _ network: NetworkModel, _ batch: [[Float]], covariates: [[Float]] = [], position: Int = 0, draws: Range<Int>,
  chunk: Int = 48,
  terms: NetworkModel.Terms = .sampled
) throws -> [Double] {
  let workspace = network.makeWorkspace(examples: batch.count, draws: chunk)
  encode(network, batch, covariates, in: workspace)
  var result: [Double] = []
  var buffer = [Double](repeating: 0, count: chunk)
  var first = draws.lowerBound
  while first < draws.upperBound {
    let range = first..<min(first + workspace.drawCapacity, draws.upperBound)
    try buffer.withUnsafeMutableBufferPointer {
      try network.logWeights(
        position: position, key: key, draws: range, terms: terms, in: workspace, into: $0)
    }
    result += buffer.prefix(range.count)
    first = range.upperBound
  }
  return result
}

/// Encodes a batch, with the covariates of each example where the model is given any.
func encode(_ network: NetworkModel, _ batch: [[Float]], _ covariates: [[Float]], in workspace: Workspace) {
  batch.flatMap { $0 }.withUnsafeBufferPointer { values in
    covariates.flatMap { $0 }.withUnsafeBufferPointer { known in
      network.encode(values, covariates: covariates.isEmpty ? nil : known, count: batch.count, in: workspace)
    }
  }
}

/// The noise of one draw: one run for each layer.
func noise(_ network: NetworkModel, draw: Int) -> [[Double]] {
  network.latentCounts.enumerated().map { layer, units in
    let lanes = paddedLanes(1)
    let buffer = AlignedBuffer(count: units * lanes)
    let generate =
      network.description.encoders[layer].distribution == .laplace ? network.k.laplaces : network.k.normals
    generate?(key.seed, key.example, UInt32(draw), UInt32(layer + 1), units, lanes, buffer.pointer)
    return (0..<units).map { Double(buffer.pointer[$0 * lanes]) }
  }
}

let key = DrawKey(seed: 20, example: 7)
