public import Networks

extension NetworkModel: DifferentiableModel {
  /// As many as are best drawn at once: their activations, and what is kept of them, stay in cache.
  public var lanesAtOnce: Int { max(16, preferredDraws / 16 * 16) }

  /// Log-weights at given noise, and their gradients. Posteriors given latents are those at the latents of e = 0.
  ///
  /// Where a network's parameter leaves its domain on the way, as an optimiser's step may bring about, the value is NaN, and
  /// so is the gradient wherever the value isn't finite: a caller counts that as a step too far.
  ///
  /// - Throws: `EvidenceError` (`invalidModel`) where the posterior has a scale out of its domain whatever the noise is.
  public func logWeights(
    of example: Example, at noise: UnsafePointer<Float>, lanes: Int, scratch: inout Workspace,
    values: UnsafeMutablePointer<Double>, gradients: UnsafeMutablePointer<Float>?
  ) throws {
    do {
      try logWeights(
        position: example.position, noise: noise, lanes: lanes, map: .anchored, in: scratch, values: values,
        gradients: gradients)
    } catch {
      throw invalid(error, example)
    }
  }
}
