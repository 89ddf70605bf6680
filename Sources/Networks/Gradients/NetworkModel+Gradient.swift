import CKernels
import Models

extension NetworkModel {
  /// Standard normal variates that the latents of one draw are made of: one for each latent.
  public var noiseCount: Int { latentCounts.reduce(0, +) }

  /// Writes log p(x, z) − log q(z | x), in nats, at the latents z that a map makes of given noise, and its gradient by the
  /// noise; q is the distribution that the map makes of normal noise.
  ///
  /// Noise is a matrix of `noiseCount` rows (z₁'s first) of `lanes` numbers, a lane being one point; `gradients` is laid out
  /// alike. Noise is normal for every posterior: a Laplace posterior takes the quantile that it has in common with it. In
  /// a lane where a parameter leaves its domain the value is NaN, and where the value isn't finite all of the gradient is
  /// NaN.
  ///
  /// - Parameter lanes: A multiple of 16, at most the workspace's `drawCapacity`.
  /// - Throws: `InvalidParameter` where a posterior that is the same in all lanes has a scale that is not positive and finite.
  public func logWeights(
    position: Int, noise: UnsafePointer<Float>, lanes: Int, map: NoiseMap, in workspace: Workspace,
    values: UnsafeMutablePointer<Double>, gradients: UnsafeMutablePointer<Float>?
  ) throws(InvalidParameter) {
    precondition(
      lanes > 0 && lanes.isMultiple(of: Int(CK_LANE_MULTIPLE)) && lanes <= paddedLanes(workspace.drawCapacity),
      "lanes come in sixteens, and no more of them than the workspace has room for")
    if let bound = bound(to: position, in: workspace) {
      return try bound.logWeights(
        position: position, noise: noise, lanes: lanes, map: map, in: workspace, values: values, gradients: gradients)
    }
    if let gradients {
      var walk = GradientWalk(self, position: position, noise: noise, lanes: lanes, map, in: workspace)
      walk.run(into: Lanes(data: gradients, rows: noiseCount, lanes: lanes))
    } else {
      let chunk = sample(position: position, lanes: lanes, map, in: workspace) { layer, workspace in
        givenNoise(layer, noise, lanes: lanes, arena: &workspace.arena)
      }
      addLogWeights(chunk, terms: .sampled, in: workspace)
    }
    if let invalid = workspace.invalid, isAlike(invalid, in: workspace) { throw invalid }
    ck_settle_lanes(noiseCount, lanes, workspace.baseMeasure, workspace.totals, values, gradients)
  }

  /// Whether a parameter is out of its domain whatever the noise is.
  private func isAlike(_ invalid: InvalidParameter, in workspace: Workspace) -> Bool {
    encoders.indices.contains { isFixed($0, in: workspace) && invalid.path == "/encoder/\($0 + 1)" }
  }

  /// A layer's part of the noise, as its posterior takes it.
  func givenNoise(_ layer: Int, _ noise: UnsafePointer<Float>, lanes: Int, arena: inout Arena) -> Lanes {
    let normals = rows(ofLayer: layer, UnsafeMutablePointer(mutating: noise), lanes: lanes)
    guard encoders[layer].distribution == .laplace else { return normals }
    let variates = arena.take(rows: normals.rows, lanes: lanes)
    k.laplaces_of_normals(normals.rows * lanes, normals.data, variates.data)
    return variates
  }

  /// A layer's rows of a matrix of all layers.
  func rows(ofLayer layer: Int, _ matrix: UnsafeMutablePointer<Float>, lanes: Int) -> Lanes {
    let first = latentCounts[..<layer].reduce(0, +)
    return Lanes(data: matrix + first * lanes, rows: latentCounts[layer], lanes: lanes)
  }
}
