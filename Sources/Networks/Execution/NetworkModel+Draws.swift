import CKernels
import Models

/// What identifies the random numbers of an example: every draw is a pure function of this and of its own number.
public struct DrawKey: Sendable, Equatable {
  /// The seed of the run.
  public var seed: UInt64
  /// The example's number in the dataset.
  public var example: UInt64

  /// A key.
  public init(seed: UInt64, example: UInt64) {
    self.seed = seed
    self.example = example
  }
}

/// A number that a network gave and that a density can't take.
public struct InvalidParameter: Error, Sendable, Equatable {
  /// The conditional, as a path in the model file.
  public var path: String
  /// What was wrong with how many numbers.
  public var message: String
}

extension NetworkModel {
  /// How the terms of a log-weight are taken.
  public enum Terms: Sendable {
    /// Every term at the sampled latents: log p(x, z) − log q(z | x).
    case sampled
    /// Minus the Kullback–Leibler divergence in place of log p(z_l) − log q(z_l), wherever that has a closed form. The
    /// mean over draws is the same evidence lower bound, with less noise; these are not log-weights.
    case closedForm
  }

  /// The latents of some draws, one a lane, and what they were made of.
  struct Chunk {
    var latents: [Lanes]
    /// What each layer's posterior was given: standard normal or Laplace variates.
    var noise: [Lanes]
    var posteriors: [[ck_operand]]
    var totals: UnsafeMutablePointer<Double>
    var lanes: Int
  }

  /// Writes the log-weights of `draws` (at most the workspace's capacity) of one example of the batch, in nats.
  ///
  /// - Throws: `InvalidParameter` where a network gives a scale or another parameter outside its domain.
  public func logWeights(
    position: Int, key: DrawKey, draws: Range<Int>, terms: Terms = .sampled, in workspace: Workspace,
    into result: UnsafeMutableBufferPointer<Double>
  ) throws(InvalidParameter) {
    precondition(draws.count <= workspace.drawCapacity && result.count >= draws.count, "too many draws at once")
    if let bound = bound(to: position, in: workspace) {
      return try bound.logWeights(
        position: position, key: key, draws: draws, terms: terms, in: workspace, into: result)
    }
    let chunk = draw(position: position, key: key, draws: draws, in: workspace)
    addLogWeights(chunk, terms: terms, in: workspace)
    if let invalid = workspace.invalid { throw invalid }
    guard let result = result.baseAddress else { return }
    ck_add_to_all(draws.count, workspace.baseMeasure, chunk.totals, result)
  }

  /// Adds log p(x, z) − log q(z | x) to every lane's total, but for what depends on x alone.
  func addLogWeights(_ chunk: Chunk, terms: Terms, in workspace: Workspace) {
    subtractPosteriorDensities(chunk, terms: terms, in: workspace)
    addLatentDensities(chunk, terms: terms, in: workspace)
    addLikelihood(chunk, in: workspace)
  }

  /// Draws every latent from the posterior.
  func draw(position: Int, key: DrawKey, draws: Range<Int>, in workspace: Workspace) -> Chunk {
    let lanes = paddedLanes(draws.count)
    return sample(position: position, lanes: lanes, in: workspace) { layer, workspace in
      let encoder = encoders[layer]
      let noise = workspace.arena.take(rows: encoder.size, lanes: lanes)
      // Streams 1 … L belong to the layers of latents; binarization and dequantization have their own.
      let generate = encoder.distribution == .laplace ? k.laplaces : k.normals
      generate?(
        key.seed, key.example, UInt32(truncatingIfNeeded: draws.lowerBound), UInt32(layer + 1), encoder.size, lanes,
        noise.data)
      // A draw that nobody asked for must not be what an example is refused for.
      ck_repeat_lane(noise.rows, lanes, draws.count - 1, noise.data)
      return noise
    }
  }

  /// Makes the latents out of noise, which is asked for by layer. Totals begin at zero.
  func sample(
    position: Int, lanes: Int, _ map: NoiseMap = .posterior, in workspace: Workspace, noise: (Int, Workspace) -> Lanes
  ) -> Chunk {
    select(position: position, map, in: workspace)
    workspace.invalid = nil
    workspace.arena.release(to: 0)
    workspace.totals.update(repeating: 0, count: lanes)
    let latents = latentCounts.map { workspace.arena.take(rows: $0, lanes: lanes) }
    var chunk = Chunk(
      latents: latents, noise: latents, posteriors: Array(repeating: [], count: latentCounts.count),
      totals: workspace.totals, lanes: lanes)
    for layer in samplingOrder {
      let encoder = encoders[layer]
      let operands = posterior(layer, chunk, in: workspace)
      chunk.posteriors[layer] = operands
      let noise = noise(layer, workspace)
      chunk.noise[layer] = noise
      let z = chunk.latents[layer]
      place(z, layer: layer, operands, noise, in: workspace)
      for (index, step) in encoder.flow.enumerated() {
        step.apply(
          to: z, logDeterminant: workspace.logDeterminants(layer, step: index, self), arena: &workspace.arena, k)
      }
      hold(layer, z)
    }
    return chunk
  }

  /// z = mean + scale · ε, or mean + T ε.
  func place(_ z: Lanes, layer: Int, _ posterior: [ck_operand], _ noise: Lanes, in workspace: Workspace) {
    let invalid =
      encoders[layer].distribution == .fullNormal
      ? k.triangular(z.rows, z.lanes, posterior[0], posterior[1], noise.data, z.data)
      : k.location_scale(z.rows, z.lanes, posterior[0], posterior[1], noise.data, z.data)
    workspace.report(invalid, path: "/encoder/\(layer + 1)", parameter: "scale")
  }

  /// The posterior's parameters of one layer: of the whole example where they depend on x alone or are those at the anchor,
  /// otherwise of each draw.
  func posterior(_ layer: Int, _ chunk: Chunk, in workspace: Workspace) -> [ck_operand] {
    let encoder = encoders[layer]
    guard isFixed(layer, in: workspace) else {
      let input = joined(encoder.given, chunk, in: workspace)
      return encoder.evaluate(input, arena: &workspace.arena, k)
    }
    return encoder.parameters.enumerated().map { slot, parameter in
      ck_operand(data: workspace.current[layer][slot].pointer, row_step: 1, lane_step: 0, form: parameter.form)
    }
  }

  /// Takes log q(z | …) of every layer away, where it isn't taken in closed form.
  func subtractPosteriorDensities(_ chunk: Chunk, terms: Terms, in workspace: Workspace) {
    for layer in samplingOrder {
      if terms == .sampled || !hasClosedForm[layer] { subtractPosteriorDensity(layer, chunk) }
      for index in encoders[layer].flow.indices {
        let invalid = ck_add_finite(
          chunk.lanes, workspace.logDeterminants(layer, step: index, self), chunk.totals)
        workspace.report(invalid) {
          InvalidParameter(
            path: "/encoder/\(layer + 1)/flow/\(index)",
            message: "the logarithm of the step's determinant is not finite in \(invalid) draws")
        }
      }
    }
  }

  /// log q(z | …) = Σ log f(ε) − Σ log scale, with z = mean + scale · ε before any flow.
  private func subtractPosteriorDensity(_ layer: Int, _ chunk: Chunk) {
    let encoder = encoders[layer]
    let scale = chunk.posteriors[layer][1]
    for run in freeRuns[layer] {
      var arguments = ck_density_arguments(
        encoder.noiseDensity, x: chunk.noise[layer].operand(CK_DIRECT, firstRow: run.lowerBound))
      _ = k.log_density(run.count, chunk.lanes, &arguments, -1, chunk.totals)
      let scales = encoder.distribution == .fullNormal ? scale.diagonal(encoder.size) : scale
      k.log_scale(run.count, chunk.lanes, scales.dropping(rows: run.lowerBound), 1, chunk.totals)
    }
  }

  /// Puts held latents at their values.
  func hold(_ layer: Int, _ z: Lanes) {
    guard let held else { return }
    for (unit, value) in held.values[layer].enumerated() {
      if let value { ck_spread(1, z.lanes, [value], z.data + unit * z.lanes) }
    }
  }

  /// The variables that a conditional is given, joined: a single latent as it is, otherwise a copy.
  func joined(_ given: [Int], _ chunk: Chunk, in workspace: Workspace) -> Lanes {
    joined(given, chunk.latents, lanes: chunk.lanes, in: workspace, arena: &workspace.arena)
  }

  /// The same in an arena of its own.
  func joined(_ given: [Int], _ latents: [Lanes], lanes: Int, in workspace: Workspace, arena: inout Arena) -> Lanes {
    if given.count == 1, given[0] > 0 { return latents[given[0] - 1] }
    let result = arena.take(rows: given.reduce(0) { $0 + size(ofVariable: $1) }, lanes: lanes)
    var target = result.data
    for variable in given {
      if variable == 0 {
        let x = workspace.examples.pointer + workspace.currentPosition * inputCount
        ck_spread(inputCount, lanes, x, target)
        target += inputCount * lanes
      } else {
        let z = latents[variable - 1]
        target.update(from: z.data, count: z.rows * z.lanes)
        target += z.rows * z.lanes
      }
    }
    return result
  }

  /// Elements of x (variable 0) or of a layer of latents.
  func size(ofVariable variable: Int) -> Int { variable == 0 ? inputCount : latentCounts[variable - 1] }
}

extension CompiledConditional {
  /// What a posterior's noise is distributed by.
  var noiseDensity: ck_density { distribution == .laplace ? CK_STANDARD_LAPLACE : CK_STANDARD_NORMAL }
}

extension Workspace {
  /// Remembers the first parameter that a density can't take. What is computed with it is NaN in its lanes.
  func report(_ count: Int, _ error: () -> InvalidParameter) {
    if count > 0, invalid == nil { invalid = error() }
  }

  func report(_ count: Int, path: String, parameter: String) {
    report(count) {
      InvalidParameter(
        path: path,
        message: "the network gives \(count) values of the \(parameter) that are not positive and finite")
    }
  }
}

extension ck_operand {
  /// The same operand without its first rows.
  func dropping(rows: Int) -> ck_operand {
    ck_operand(data: data + rows * row_step, row_step: row_step, lane_step: lane_step, form: form)
  }

  /// The same operand from a lane on.
  func from(lane: Int) -> ck_operand {
    ck_operand(data: data + lane * lane_step, row_step: row_step, lane_step: lane_step, form: form)
  }

  /// The diagonal of a d × d matrix of rows.
  func diagonal(_ d: Int) -> ck_operand {
    ck_operand(data: data, row_step: row_step * (d + 1), lane_step: lane_step, form: form)
  }
}

extension ck_density_arguments {
  init(
    _ density: ck_density, components: Int = 1, bins: Int = 256, epsilon: Double = 0, x: ck_operand,
    _ first: ck_operand = .none,
    _ second: ck_operand = .none, _ third: ck_operand = .none
  ) {
    self.init(
      density: density, components: components, bins: Double(bins), x: x, parameters: (first, second, third),
      epsilon: epsilon, counts: nil)
  }

  /// Of a decoder, whose parameters are set later.
  init(_ decoder: CompiledConditional, x: ck_operand) {
    self.init(decoder.density, components: decoder.components, bins: decoder.bins, epsilon: decoder.epsilon, x: x)
  }

  mutating func set(_ slot: Int, _ parameter: ck_operand) {
    switch slot {
    case 0: parameters.0 = parameter
    case 1: parameters.1 = parameter
    default: parameters.2 = parameter
    }
  }
}

extension ck_operand {
  static var none: ck_operand { ck_operand(data: nil, row_step: 0, lane_step: 0, form: CK_DIRECT) }
}
