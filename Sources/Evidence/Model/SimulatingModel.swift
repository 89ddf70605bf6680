import Networks

/// A model that examples can be drawn from, and whose encoder can say which noise would have given some latents.
public protocol SimulatingModel<Scratch>: LatentVariableModel {
  /// Draws z ~ p(z), then x ~ p(x | z): a pure function of the key's seed and index, apart from every draw of the
  /// posterior.
  ///
  /// `x`: room for `inputCount` elements.
  ///
  /// `latents`: room for the latents of all layers concatenated, z₁'s first.
  func simulate(
    _ key: Example, scratch: inout Scratch, example x: UnsafeMutablePointer<Float>,
    latents: UnsafeMutablePointer<Float>
  ) throws

  /// Writes the noise of these latents for an example of the batch encoded last: the inverse of the map of
  /// `DifferentiableModel`. Latents and noise are those of all layers concatenated, z₁'s first.
  ///
  /// - Throws: `EvidenceError` naming what can't be inverted, as a flow without an inverse.
  func noise(
    of latents: UnsafePointer<Float>, example: Example, scratch: inout Scratch, into noise: UnsafeMutablePointer<Float>
  ) throws

  /// log p(x, z) − log q(z | x) at given latents, in nats, with q the encoder's distribution: what `logWeights(of:draws:)`
  /// would say of a draw that came to these latents.
  ///
  /// - Throws: As `noise`.
  func logWeight(of latents: UnsafePointer<Float>, example: Example, scratch: inout Scratch) throws -> Double
}

extension SimulatingModel where Self: DifferentiableModel {
  /// The log-weight at the noise of these latents: for a model whose noise is the encoder's own.
  public func logWeight(
    of latents: UnsafePointer<Float>, example: Example, scratch: inout Scratch
  ) throws -> Double {
    let matrix = LaneMatrix(rows: noiseCount, lanes: LaneArithmetic.multiple)
    var place = Array(repeating: Float(0), count: noiseCount)
    try place.withUnsafeMutableBufferPointer { place in
      guard let base = place.baseAddress else { return }
      try noise(of: latents, example: example, scratch: &scratch, into: base)
    }
    matrix.setColumns(place)
    var values = Array(repeating: 0.0, count: matrix.lanes)
    try values.withUnsafeMutableBufferPointer { values in
      guard let base = values.baseAddress else { return }
      try logWeights(
        of: example, at: matrix.data, lanes: matrix.lanes, scratch: &scratch, values: base, gradients: nil)
    }
    return values[0]
  }
}
