public import Networks

/// A model whose posteriors q(z_l | …) can be read, unit by unit: what active units are computed from.
public protocol PosteriorModel<Scratch>: LatentVariableModel {
  /// The posteriors of every layer (z₁ first) for an example of the batch encoded last, given the draws of the other
  /// layers.
  func posteriors(of example: Example, draws: Range<Int>, scratch: inout Scratch) throws -> [LayerPosterior]
}
