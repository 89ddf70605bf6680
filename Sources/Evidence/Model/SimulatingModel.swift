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

  /// Writes the noise that the encoder maps to these latents for an example of the batch encoded last: the inverse of how
  /// the posterior is sampled. Latents and noise are those of all layers concatenated, z₁'s first.
  ///
  /// - Throws: `EvidenceError` naming what can't be inverted, as a flow without an inverse.
  func noise(
    of latents: UnsafePointer<Float>, example: Example, scratch: inout Scratch, into noise: UnsafeMutablePointer<Float>
  ) throws
}
