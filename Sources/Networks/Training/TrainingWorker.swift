import CKernels
import Models

/// One worker's memory for gradients of weights: of some examples at a time. Sized once.
public final class TrainingWorker {
  private let trainable: TrainableNetwork
  private let objective: TrainingObjective
  private let workspace: Workspace
  private let scratch: AlignedBuffer
  /// Draws of each example.
  public let draws: Int
  /// Examples that fit at once.
  public let capacity: Int

  /// Room for up to `examples` examples with `draws` draws each.
  public init(_ trainable: TrainableNetwork, _ objective: TrainingObjective, examples: Int, draws: Int) {
    self.trainable = trainable
    self.objective = objective
    self.draws = draws
    capacity = examples
    let network = trainable.network
    let lanes = max(paddedLanes(examples), paddedLanes(examples * draws))
    workspace = Workspace(network, batchCapacity: 1, drawCapacity: 1, totalLanes: lanes)
    workspace.gradientArena = Arena(
      capacity: network.trainingFloats(exampleLanes: paddedLanes(examples), lanes: paddedLanes(examples * draws)))
    scratch = AlignedBuffer(count: trainable.scratchFloats(lanes: lanes))
  }

  /// Adds the gradients of the objective of some examples, divided by `batch`, to a part.
  ///
  /// `values`: the examples, one after the other, at most as many as fit. Draws are a function of (seed, step, their number
  /// in the step), `firstPair` being that of the first.
  ///
  /// `begins`: whether these are the part's first examples of the step; what is there counts for nothing then.
  ///
  /// - Returns: The sum of the examples' objective in nats.
  /// - Throws: `InvalidParameter` where a network gives a parameter out of its domain.
  public func addGradients(
    of values: UnsafeBufferPointer<Float>, batch: Int, seed: UInt64, step: Int, firstPair: Int,
    to gradients: WeightGradients, part: Int, begins: Bool
  ) throws(InvalidParameter) -> Double {
    guard let start = values.baseAddress else { return 0 }
    let examples = values.count / trainable.network.inputCount
    if begins {
      for region in trainable.regions { region.clear(gradients.buffer.pointer + part * gradients.step) }
    }
    precondition(examples <= capacity, "more examples than there is room for")
    let sink = WeightSink(
      places: trainable.places, gradients: gradients.buffer.pointer + part * gradients.step, begins: begins,
      scratch: scratch.pointer)
    var walk = TrainingWalk(
      trainable.network, objective, trainable.trained, values: start, examples: examples, draws: draws, sink: sink,
      in: workspace)
    return try walk.run(noise: TrainingNoise(seed: seed, step: step, firstPair: firstPair), batch: batch)
  }

  /// Ends a part: gradients of convolutions become those of their weights.
  public func finish(_ gradients: WeightGradients, part: Int) {
    for region in trainable.regions { region.gather(gradients.buffer.pointer + part * gradients.step) }
  }
}

extension TrainableNetwork {
  /// Floats of scratch that the gradient of any layer takes.
  func scratchFloats(lanes: Int) -> Int {
    regions.map { region in
      switch region.kind {
      case .dense(let step): ck_weight_scratch(step.inputs, lanes)
      case .convolution(let step):
        step.origins.value.map { ck_weight_scratch($0.inputs, lanes) }.max() ?? 0
      case .constant: 0
      }
    }.max() ?? 0
  }
}

extension NetworkModel {
  /// Floats of arena that one computation of the weights' gradients takes: everything stays until its end.
  func trainingFloats(exampleLanes: Int, lanes: Int) -> Int {
    var pairs = 4 + 2 * inputCount + 4 * noiseCount
    var examples = inputCount
    var passing = 2 * noiseCount
    if case .mixture(let logWeights, _) = prior { passing += logWeights.count + 5 * noiseCount }
    for (encoder, isAmortized) in zip(encoders, isAmortized) {
      let own = givenRows(encoder.given) + encoder.keptRows
      let parameters = encoder.parameters.indices.reduce(0) { $0 + encoder.rows(ofParameter: $1) }
      let back = parameters + encoder.inputRows + encoder.reverseRows
      if isAmortized { examples += own + back } else { pairs += own }
      pairs += parameters + encoder.size + encoder.flow.reduce(0) { $0 + $1.keptRows(encoder.size) }
      passing = max(passing, 3 * parameters + 2 * encoder.size + 2 + (isAmortized ? 0 : 2 * back))
    }
    for decoder in decoders {
      let parameters = decoder.parameters.indices.reduce(0) { $0 + decoder.rows(ofParameter: $1) }
      pairs += givenRows(decoder.given) + decoder.keptRows + parameters
      passing = max(passing, decoder.inputRows + decoder.reverseRows + 4 * decoder.size)
    }
    return pairs * lanes + passing * lanes + examples * exampleLanes + 16 * paddedLanes(1)
  }
}
