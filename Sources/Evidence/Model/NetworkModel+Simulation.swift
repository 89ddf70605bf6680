import Networks

extension NetworkModel: SimulatingModel {
  /// Draws an example from the model: z ~ p(z), x ~ p(x | z).
  ///
  /// - Throws: `EvidenceError` (`invalidModel`) where a network gives a parameter outside its domain.
  public func simulate(
    _ key: Example, scratch: inout Workspace, example x: UnsafeMutablePointer<Float>,
    latents: UnsafeMutablePointer<Float>
  ) throws {
    do {
      try self.simulate(key.key, in: scratch, example: x, latents: latents)
    } catch {
      throw invalid(error, key)
    }
  }

  /// The noise that the posteriors map to these latents.
  ///
  /// - Throws: `EvidenceError` (`unsupported`) naming a step of a flow that has no inverse, (`invalidModel`) where the
  ///   posterior has a scale out of its domain.
  public func noise(
    of latents: UnsafePointer<Float>, example: Example, scratch: inout Workspace,
    into noise: UnsafeMutablePointer<Float>
  ) throws {
    if let step = stepWithoutInverse {
      throw EvidenceError(.unsupported, "\(step.path): \(step.message), so the noise of given latents can't be found")
    }
    do {
      try self.noise(of: latents, position: example.position, in: scratch, into: noise)
    } catch {
      throw invalid(error, example)
    }
  }
}
