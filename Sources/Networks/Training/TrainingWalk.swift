import CKernels
import Models

/// One computation of the gradients of weights, of some examples and their draws: forward through everything, which is kept;
/// a weight for each draw out of the log-weights; back through everything.
///
/// A lane is a pair of an example and a draw, an example's draws beside each other; what depends on x alone is computed on
/// lanes of examples, and spread. Lanes that are left over repeat the last pair, and weigh nothing.
struct TrainingWalk {
  let network: NetworkModel
  let objective: TrainingObjective
  let trained: TrainedNetworks
  let workspace: Workspace
  let sink: WeightSink
  let examples: Int
  let draws: Int
  /// Lanes of examples, and of pairs.
  let exampleLanes: Int
  let lanes: Int
  /// The examples: as the encoder takes them, and, a lane each pair, as the likelihood takes them.
  let x: Lanes
  let pairs: Lanes
  let observed: Lanes
  var chunk: NetworkModel.Chunk
  /// ∂/∂z of each layer, each lane by its weight, as far as it is known.
  let gradients: [Lanes]
  /// What each posterior was given, and keeps.
  var posteriors: [(input: Lanes, kept: UnsafeMutablePointer<Float>)?]
  /// What each conditional of p was given, keeps, and the gradients of its parameters.
  var conditionals: [(input: Lanes, kept: UnsafeMutablePointer<Float>, parameters: [Lanes?])?]
  /// Slopes of log p by the latents that it is of.
  var slopes: [Lanes]
  /// Gradients by the parameters of the prior.
  var priorParameters: [Lanes?] = [nil, nil]
  /// Layers whose divergence was taken in closed form, with the prior's parameters.
  var divergences: [[ck_operand]?]
  /// The weight of each lane in the gradients of p, and in those of q.
  let weights: UnsafeMutablePointer<Float>
  let posteriorWeights: UnsafeMutablePointer<Float>

  var k: ck_kernels { network.k }
  var densities: DensityGradients { DensityGradients(network: network, workspace: workspace, lanes: lanes) }

  init(
    _ network: NetworkModel, _ objective: TrainingObjective, _ trained: TrainedNetworks,
    values: UnsafePointer<Float>, examples: Int, draws: Int, sink: WeightSink, in workspace: Workspace
  ) {
    self.network = network
    self.objective = objective
    self.trained = trained
    self.workspace = workspace
    self.sink = sink
    self.examples = examples
    self.draws = draws
    exampleLanes = paddedLanes(examples)
    lanes = paddedLanes(examples * draws)
    workspace.invalid = nil
    workspace.gradientArena.release(to: 0)
    workspace.totals.update(repeating: 0, count: lanes)
    let (exampleLanes, lanes) = (exampleLanes, lanes)
    func take(_ rows: Int, _ lanes: Int) -> Lanes { workspace.gradientArena.take(rows: rows, lanes: lanes) }
    x = take(network.inputCount, exampleLanes)
    ck_lanes_of_examples(examples, network.inputCount, values, exampleLanes, x.data)
    pairs = take(network.inputCount, lanes)
    ck_lanes_of_pairs(network.inputCount, examples, draws, exampleLanes, x.data, lanes, pairs.data)
    if network.plan.isOneHot {
      observed = take(network.decoders[0].size, lanes)
      ck_classes(observed.rows, network.decoders[0].components, lanes, pairs.data, observed.data)
    } else {
      observed = pairs
    }
    let latents = network.latentCounts.map { take($0, lanes) }
    gradients = network.latentCounts.map { take($0, lanes) }
    for gradient in gradients { gradient.clear() }
    slopes = network.latentCounts.map { take($0, lanes) }
    weights = take(1, lanes).data
    posteriorWeights = take(1, lanes).data
    chunk = NetworkModel.Chunk(
      latents: latents, noise: latents, posteriors: Array(repeating: [], count: latents.count),
      totals: workspace.totals, lanes: lanes)
    posteriors = Array(repeating: nil, count: latents.count)
    conditionals = Array(repeating: nil, count: latents.count)
    divergences = Array(repeating: nil, count: latents.count)
  }

  /// Adds the gradients of the examples' objective, divided by the number of `batch`, and returns the sum of it, in nats.
  ///
  /// - Throws: `InvalidParameter` where a network gives a parameter out of its domain.
  mutating func run(noise key: TrainingNoise, batch: Int) throws(InvalidParameter) -> Double {
    for layer in network.samplingOrder { sample(layer, key) }
    addDensities()
    if let invalid = workspace.invalid { throw invalid }
    addBaseMeasure()
    let value = weigh(batch: batch)
    if trained.decoder || trained.encoder, objective != .wake { reverseConditionals() }
    if trained.encoder { reversePosteriors() }
    return value
  }

  /// What depends on x alone.
  private func addBaseMeasure() {
    let decoder = network.decoders[0]
    ck_add_base_measures(decoder.density, decoder.size, lanes, observed.data, workspace.totals)
  }

  /// The variables that a conditional is given, on lanes of pairs or, x alone, of examples.
  func joined(_ given: [Int], ofExamples: Bool = false) -> Lanes {
    func variable(_ number: Int) -> Lanes {
      number > 0 ? chunk.latents[number - 1] : ofExamples ? x : pairs
    }
    if given.count == 1 { return variable(given[0]) }
    let rows = given.reduce(0) { $0 + network.size(ofVariable: $1) }
    let result = workspace.gradientArena.take(rows: rows, lanes: ofExamples ? exampleLanes : lanes)
    var target = result.data
    for number in given {
      let part = variable(number)
      target.update(from: part.data, count: part.rows * part.lanes)
      target += part.rows * part.lanes
    }
    return result
  }

  /// The objective of all examples, and the weights of their draws.
  private func weigh(batch: Int) -> Double {
    let isWeighted = objective != .evidenceLowerBound
    let squares = objective == .importanceWeighted(.doublyReparameterized)
    return ck_draw_weights(
      examples, draws, lanes, chunk.totals, isWeighted ? 1 : 0, squares ? 1 : 0, 1 / Double(batch), weights,
      posteriorWeights)
  }
}

/// What the noise of a step's draws is a function of.
struct TrainingNoise {
  let seed: UInt64
  let step: Int
  /// The number of the first pair in the step.
  let firstPair: Int
}
