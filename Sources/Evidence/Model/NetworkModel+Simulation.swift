public import Networks

extension NetworkModel: SimulatingModel {
  /// Draws an example from the model: z ~ p(z), x ~ p(x | z).
  ///
  /// - Throws: `EvidenceError` (`invalidModel`) where a network gives a parameter outside its domain.
  public func simulate(
    _ key: Example, scratch: inout Workspace, example x: UnsafeMutablePointer<Float>,
    latents: UnsafeMutablePointer<Float>
  ) throws {
    do {
      try self.simulate(key.key, position: key.position, in: scratch, example: x, latents: latents)
    } catch {
      throw invalid(error, key)
    }
  }

  /// The noise of these latents where posteriors given latents are those at the latents of e = 0.
  ///
  /// - Throws: `EvidenceError` (`unsupported`) naming a step of a flow that has no inverse, (`invalidModel`) where the
  ///   posterior has a scale out of its domain.
  public func noise(
    of latents: UnsafePointer<Float>, example: Example, scratch: inout Workspace,
    into noise: UnsafeMutablePointer<Float>
  ) throws {
    try self.noise(of: latents, example: example, map: .anchored, scratch: scratch, into: noise)
  }

  /// The log-weight at these latents, with the encoder's own posteriors.
  ///
  /// - Throws: As `noise`.
  public func logWeight(of latents: UnsafePointer<Float>, example: Example, scratch: inout Workspace) throws -> Double {
    let matrix = LaneMatrix(rows: noiseCount, lanes: LaneArithmetic.multiple)
    var place = Array(repeating: Float(0), count: noiseCount)
    try place.withUnsafeMutableBufferPointer { place in
      guard let base = place.baseAddress else { return }
      try noise(of: latents, example: example, map: .posterior, scratch: scratch, into: base)
    }
    matrix.setColumns(place)
    var values = Array(repeating: 0.0, count: matrix.lanes)
    do {
      try values.withUnsafeMutableBufferPointer { values in
        guard let base = values.baseAddress else { return }
        try logWeights(
          position: example.position, noise: matrix.data, lanes: matrix.lanes, map: .posterior, in: scratch,
          values: base, gradients: nil)
      }
    } catch let error as InvalidParameter {
      throw invalid(error, example)
    }
    return values[0]
  }

  private func noise(
    of latents: UnsafePointer<Float>, example: Example, map: NoiseMap, scratch: Workspace,
    into noise: UnsafeMutablePointer<Float>
  ) throws {
    if let step = stepWithoutInverse {
      throw EvidenceError(.unsupported, "\(step.path): \(step.message), so the noise of given latents can't be found")
    }
    do {
      try self.noise(of: latents, position: example.position, map: map, in: scratch, into: noise)
    } catch {
      throw invalid(error, example)
    }
  }
}
