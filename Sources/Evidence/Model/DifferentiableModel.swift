/// A model whose log-weight is a differentiable function of standard noise.
///
/// The noise e ∈ R^D is that of all stochastic layers concatenated, z₁'s first, and z(e) a map that may be fixed for each x,
/// one to one. With q the distribution of z(e) for e ~ N(0, I), log p(x) = log E exp ℓ(e) for
/// ℓ(e) = log p(x, z(e)) − log q(z(e) | x), for every model in the same space.
///
/// The nearer q is to the posterior, the better; the encoder's own sampling is a map of this kind. In a hierarchy, where an
/// encoder's scales depend on the latents of other layers, a map that keeps them fixed makes a space that is easier to walk.
public protocol DifferentiableModel<Scratch>: LatentVariableModel {
  /// D, the length of the noise.
  var noiseCount: Int { get }
  /// The most lanes of one call, a multiple of 16.
  var lanesAtOnce: Int { get }

  /// Writes ℓ(e_i), in nats, and its gradients for an example of the batch encoded last.
  ///
  /// `noise`: a lane matrix of D rows: row r of lane i is at `noise[r * lanes + i]`.
  ///
  /// `lanes`: how many noise vectors, a multiple of 16 and at most `lanesAtOnce`.
  ///
  /// `values`: ℓ(e_i) of each lane.
  ///
  /// `gradients`: ∂ℓ(e_i)/∂e_i in the layout of the noise; nil for values alone.
  func logWeights(
    of example: Example, at noise: UnsafePointer<Float>, lanes: Int, scratch: inout Scratch,
    values: UnsafeMutablePointer<Double>, gradients: UnsafeMutablePointer<Float>?
  ) throws
}
