/// A model whose log-weight is a differentiable function of standard noise.
///
/// The noise e ∈ R^D is that of all stochastic layers concatenated, z₁'s first, and z(e) is how the posterior is sampled:
/// for e ~ N(0, I) the latents z(e) are a draw from q(z | x). So log p(x) = log E exp ℓ(e) with
/// ℓ(e) = log p(x, z(e)) − log q(z(e) | x), for every model in the same space.
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
