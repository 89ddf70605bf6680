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

extension Network {
  /// How the terms of a log-weight are taken.
  public enum Terms: Sendable {
    /// Every term at the sampled latents: log p(x, z) − log q(z | x).
    case sampled
    /// Minus the Kullback–Leibler divergence in place of log p(z_l) − log q(z_l), wherever that has a closed form. The
    /// mean over draws is the same evidence lower bound, with less noise; these are not log-weights.
    case closedForm
  }

  /// The latents of one chunk of draws, and what they were drawn from.
  struct Chunk {
    var latents: [Lanes]
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
    let chunk = try draw(position: position, key: key, draws: draws, terms: terms, in: workspace)
    try addLatentDensities(chunk, terms: terms, in: workspace)
    try addLikelihood(chunk, in: workspace)
    for lane in 0..<draws.count { result[lane] = chunk.totals[lane] + workspace.baseMeasure }
  }

  /// Draws every latent from the posterior, subtracting log q where it isn't taken in closed form.
  func draw(
    position: Int, key: DrawKey, draws: Range<Int>, terms: Terms, in workspace: Workspace
  ) throws(InvalidParameter) -> Chunk {
    select(position: position, in: workspace)
    workspace.arena.release(to: 0)
    let lanes = paddedLanes(draws.count)
    workspace.totals.update(repeating: 0, count: lanes)
    let latents = latentCounts.map { workspace.arena.take(rows: $0, lanes: lanes) }
    var chunk = Chunk(
      latents: latents, posteriors: Array(repeating: [], count: latentCounts.count), totals: workspace.totals,
      lanes: lanes)
    for layer in samplingOrder {
      let encoder = encoders[layer]
      let operands = posterior(layer, chunk, in: workspace)
      chunk.posteriors[layer] = operands
      let mark = workspace.arena.used
      let noise = workspace.arena.take(rows: encoder.size, lanes: lanes)
      // Streams 1 … L belong to the layers of latents; binarization and dequantization have their own.
      let generate = encoder.distribution == .laplace ? k.laplaces : k.normals
      generate?(
        key.seed, key.example, UInt32(truncatingIfNeeded: draws.lowerBound), UInt32(layer + 1), encoder.size, lanes,
        noise.data)
      // A draw that nobody asked for must not be what an example is refused for.
      noise.repeatLane(draws.count - 1)
      let z = chunk.latents[layer]
      let invalid =
        encoder.distribution == .fullNormal
        ? k.triangular(encoder.size, lanes, operands[0], operands[1], noise.data, z.data)
        : k.location_scale(encoder.size, lanes, operands[0], operands[1], noise.data, z.data)
      if invalid > 0 { throw invalidParameters("/encoder/\(layer + 1)", invalid, "scale") }
      if terms == .sampled || !hasClosedForm[layer] {
        subtractPosteriorDensity(layer, noise: noise, scale: operands[1], chunk)
      }
      for (index, step) in encoder.flow.enumerated() {
        let invalid = step.apply(to: z, totals: chunk.totals, arena: &workspace.arena, k)
        if invalid > 0 {
          throw InvalidParameter(
            path: "/encoder/\(layer + 1)/flow/\(index)",
            message: "the logarithm of the step's determinant is not finite in \(invalid) draws")
        }
      }
      workspace.arena.release(to: mark)
      hold(layer, z)
    }
    return chunk
  }

  /// The posterior's parameters of one layer: of the whole example where they depend on x alone, otherwise of each draw.
  private func posterior(_ layer: Int, _ chunk: Chunk, in workspace: Workspace) -> [ck_operand] {
    let encoder = encoders[layer]
    guard isAmortized[layer] else {
      let input = joined(encoder.given, chunk, in: workspace)
      return encoder.evaluate(input, arena: &workspace.arena, k)
    }
    return encoder.parameters.enumerated().map { slot, parameter in
      ck_operand(data: workspace.current[layer][slot].pointer, row_step: 1, lane_step: 0, form: parameter.form)
    }
  }

  /// log q(z | …) = Σ log f(ε) − Σ log scale, with z = mean + scale · ε before any flow.
  private func subtractPosteriorDensity(_ layer: Int, noise: Lanes, scale: ck_operand, _ chunk: Chunk) {
    let encoder = encoders[layer]
    let density = encoder.distribution == .laplace ? CK_STANDARD_LAPLACE : CK_STANDARD_NORMAL
    for run in freeRuns[layer] {
      var arguments = ck_density_arguments(density, x: noise.operand(CK_DIRECT, firstRow: run.lowerBound))
      _ = k.log_density(run.count, chunk.lanes, &arguments, -1, chunk.totals)
      let scales = encoder.distribution == .fullNormal ? scale.diagonal(encoder.size) : scale
      k.log_scale(run.count, chunk.lanes, scales.dropping(rows: run.lowerBound), 1, chunk.totals)
    }
  }

  /// Puts held latents at their values.
  private func hold(_ layer: Int, _ z: Lanes) {
    guard let held else { return }
    for (unit, value) in held.values[layer].enumerated() {
      if let value { (z.data + unit * z.lanes).update(repeating: value, count: z.lanes) }
    }
  }

  /// The variables that a conditional is given, joined: a single latent as it is, otherwise a copy.
  func joined(_ given: [Int], _ chunk: Chunk, in workspace: Workspace) -> Lanes {
    if given.count == 1, given[0] > 0 { return chunk.latents[given[0] - 1] }
    let rows = given.reduce(0) { $0 + ($1 == 0 ? inputCount : latentCounts[$1 - 1]) }
    let result = workspace.arena.take(rows: rows, lanes: chunk.lanes)
    var target = result.data
    for variable in given {
      if variable == 0 {
        let x = workspace.examples.pointer + workspace.currentPosition * inputCount
        for row in 0..<inputCount { (target + row * chunk.lanes).update(repeating: x[row], count: chunk.lanes) }
        target += inputCount * chunk.lanes
      } else {
        let z = chunk.latents[variable - 1]
        target.update(from: z.data, count: z.rows * z.lanes)
        target += z.rows * z.lanes
      }
    }
    return result
  }

  func invalidParameters(_ path: String, _ count: Int, _ name: String) -> InvalidParameter {
    InvalidParameter(
      path: path, message: "the network gives \(count) values of the \(name) that are not positive and finite")
  }
}

extension ck_operand {
  /// The same operand without its first rows.
  func dropping(rows: Int) -> ck_operand {
    ck_operand(data: data + rows * row_step, row_step: row_step, lane_step: lane_step, form: form)
  }

  /// The diagonal of a d × d matrix of rows.
  func diagonal(_ d: Int) -> ck_operand {
    ck_operand(data: data, row_step: row_step * (d + 1), lane_step: lane_step, form: form)
  }
}

extension ck_density_arguments {
  init(
    _ density: ck_density, components: Int = 1, bins: Int = 256, x: ck_operand, _ first: ck_operand = .none,
    _ second: ck_operand = .none, _ third: ck_operand = .none
  ) {
    self.init(density: density, components: components, bins: Double(bins), x: x, parameters: (first, second, third))
  }
}

extension ck_operand {
  static var none: ck_operand { ck_operand(data: nil, row_step: 0, lane_step: 0, form: CK_DIRECT) }
}
