import Networks
import Statistics

/// The log-weight of one example as a function of standard noise e ∈ R^D: ℓ(e) = log p(x, z(e)) − log q(z(e) | x), so that
/// p(x) = ∫ φ(e) exp ℓ(e) de with φ the density of N(0, I), and the posterior in noise is proportional to φ(e) exp ℓ(e).
///
/// It borrows a worker's scratch, and is valid only inside `Scratch.withNoise`.
struct NoiseSpace {
  /// The example, of the batch encoded last.
  let example: Example
  /// D.
  let count: Int
  /// The most lanes of one evaluation.
  let lanesAtOnce: Int
  let arithmetic = LaneArithmetic()
  fileprivate let evaluate:
    (UnsafePointer<Float>, Int, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Float>?) throws -> Void
  fileprivate let invert: ((Example, UnsafeMutablePointer<Float>) throws -> Void)?

  /// Writes ℓ of every lane, and its gradients where they are asked for.
  ///
  /// A lane where the model can't be evaluated has the value NaN.
  ///
  /// - Throws: `CancellationError` once the evaluation is cancelled, and what the model throws.
  func logWeights(at noise: LaneMatrix, values: inout [Double], gradients: LaneMatrix?) throws {
    try values.withUnsafeMutableBufferPointer { values in
      guard let base = values.baseAddress else { return }
      do {
        try evaluate(noise.data, noise.lanes, base, gradients?.data)
      } catch let error as EvidenceError where error.code == .invalidModel {
        // Which lane it was isn't said; all of them are refused.
        values.update(repeating: .nan)
      }
    }
  }

  /// The noise of latents drawn from the prior, under the encoder of this example; nil where the model can't say.
  func priorNoise(start: Int) -> [Float]? {
    guard let invert else { return nil }
    let key = Example(
      index: ReservedExamples.start(start, of: example.index), position: example.position, seed: example.seed)
    var noise = Array(repeating: Float(0), count: count)
    do {
      try noise.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        try invert(key, base)
      }
    } catch {
      return nil
    }
    return noise.allSatisfy(\.isFinite) ? noise : nil
  }
}

extension Scratch {
  /// The mean log-weight of the encoder's first draws of an example, in nats.
  mutating func evidenceLowerBound(of example: Example, under model: Model, samples: Int) throws -> Double {
    var moments = RunningMoments()
    try forEachChunk(of: example, under: model, samples: samples) { chunk in
      for index in chunk.indices { moments.add(chunk[index]) }
    }
    return moments.mean
  }

  /// Lends an example's log-weight as a function of noise.
  ///
  /// - Throws: `EvidenceError` (`unsupported`) where the model has no gradients, and what `body` throws.
  mutating func withNoise<Result>(
    of example: Example, under model: Model, for purpose: String, _ body: (NoiseSpace) throws -> Result
  ) throws -> Result {
    let differentiable = try model.requireGradients(for: purpose)
    let simulating = model as? any SimulatingModel<Model.Scratch>
    let cancellation = cancellation
    return try withUnsafeMutablePointer(to: &self.model) { scratch in
      var invert: ((Example, UnsafeMutablePointer<Float>) throws -> Void)?
      if let simulating {
        invert = { key, noise in
          try withUnsafeTemporaryAllocation(of: Float.self, capacity: model.inputCount + differentiable.noiseCount) {
            guard let base = $0.baseAddress else { return }
            let latents = base + model.inputCount
            try simulating.simulate(key, scratch: &scratch.pointee, example: base, latents: latents)
            try simulating.noise(of: latents, example: example, scratch: &scratch.pointee, into: noise)
          }
        }
      }
      return try body(
        NoiseSpace(
          example: example, count: differentiable.noiseCount, lanesAtOnce: differentiable.lanesAtOnce,
          evaluate: { noise, lanes, values, gradients in
            try cancellation.check()
            try differentiable.logWeights(
              of: example, at: noise, lanes: lanes, scratch: &scratch.pointee, values: values, gradients: gradients)
          }, invert: invert))
    }
  }
}
