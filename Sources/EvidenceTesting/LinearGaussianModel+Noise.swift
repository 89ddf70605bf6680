public import Evidence

extension LinearGaussianModel: DifferentiableModel {
  /// Latents of the only layer.
  public var noiseCount: Int { exact.sizes[1] }
  /// Two blocks of lanes, so that callers have to cut theirs.
  public var lanesAtOnce: Int { 32 }

  /// ℓ(e) = log p(x) + ½ ‖e‖² − ½ ‖shift + widening · e‖² + D log widening, with gradient
  /// e − widening · (shift + widening · e).
  public func logWeights(
    of example: Example, at noise: UnsafePointer<Float>, lanes: Int, scratch: inout ExampleBatch,
    values: UnsafeMutablePointer<Double>, gradients: UnsafeMutablePointer<Float>?
  ) throws {
    let logLikelihood = logLikelihood(example, scratch)
    for lane in 0..<lanes {
      let own = (0..<noiseCount).map { Double(noise[$0 * lanes + lane]) }
      values[lane] = logLikelihood + excess(own)
      guard let gradients else { continue }
      for (row, e) in own.enumerated() {
        gradients[row * lanes + lane] = Float(e - widening * (shift + widening * e))
      }
    }
  }
}

extension LinearGaussianModel: SimulatingModel {
  /// Draws z, then x, by normals that no draw of the posterior uses.
  public func simulate(
    _ key: Example, scratch: inout ExampleBatch, example x: UnsafeMutablePointer<Float>,
    latents: UnsafeMutablePointer<Float>
  ) throws {
    let simulated = exact.simulate(example: UInt64(key.index), seed: key.seed)
    for (unit, value) in simulated.latents.enumerated() { latents[unit] = value }
    for (element, value) in simulated.example.enumerated() { x[element] = value }
  }

  /// e = (T⁻¹ (z − m(x)) − shift) / widening.
  public func noise(
    of latents: UnsafePointer<Float>, example: Example, scratch: inout ExampleBatch,
    into noise: UnsafeMutablePointer<Float>
  ) throws {
    let mean = mean(example, scratch)
    let distance = mean.indices.map { Double(latents[$0]) - mean[$0] }
    for (unit, value) in posterior.triangle.solveLower(distance).enumerated() {
      noise[unit] = Float(value / widening)
    }
  }
}
