/// An estimator of log p(x) that can be bracketed where an exact draw of the posterior is known, as on simulated data.
public protocol BracketingEstimator<Measurement, Accumulator>: Estimator where Measurement == LogLikelihoodMeasurement {
  /// Measures an example as `measure` does, and once more with latents of the posterior planted among the draws.
  ///
  /// The measurement L has E L ≤ log p(x), the other number U has E exp(−U) = 1/p(x), and so log p(x) ≤ E U.
  ///
  /// `latents` are an exact draw of p(z | x), all layers concatenated, z₁'s first: what a simulated x was made with.
  ///
  /// - Throws: `EvidenceError` (`unsupported`) where the noise of the latents can't be told.
  func bracket<Model: LatentVariableModel>(
    _ example: Example, planted latents: [Float], under model: Model, scratch: inout Scratch<Model>
  ) throws -> (lower: LogLikelihoodMeasurement, upper: Double)
}

extension Scratch {
  /// The encoder's log-weight at given latents.
  mutating func logWeight(of latents: [Float], example: Example, under model: Model) throws -> Double {
    let simulating = try model.requireSimulation(for: "a bracket")
    return try latents.withUnsafeBufferPointer { latents in
      guard let z = latents.baseAddress else { return .nan }
      return try simulating.logWeight(of: z, example: example, scratch: &self.model)
    }
  }

  /// The noise of given latents.
  mutating func noise(of latents: [Float], example: Example, under model: Model) throws -> [Float] {
    let simulating = try model.requireSimulation(for: "a bracket")
    var noise = Array(repeating: Float(0), count: latents.count)
    try latents.withUnsafeBufferPointer { latents in
      try noise.withUnsafeMutableBufferPointer { noise in
        guard let z = latents.baseAddress, let e = noise.baseAddress else { return }
        try simulating.noise(of: z, example: example, scratch: &self.model, into: e)
      }
    }
    return noise
  }
}
