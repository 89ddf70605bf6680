import CKernels

/// How noise e ~ N(0, I) makes latents.
///
/// Where every posterior depends on x alone the two are the same.
public enum NoiseMap: Sendable {
  /// As the posterior is sampled: each layer from q(z_l | …) at the latents that the layers before came to.
  case posterior
  /// Each layer from q(z_l | …) at the anchor: at the latents that e = 0 makes. So noise and latents differ by a shift and
  /// a scale of x alone, and a flow. Under `posterior`, the scale of a layer depends on the latents of others, and away from
  /// where the encoder looked the posterior in noise is a curved valley that no fixed step of a chain fits.
  case anchored
}

extension NetworkModel {
  /// Whether a layer's posterior is the same for every draw of the chunk at hand.
  func isFixed(_ layer: Int, in workspace: Workspace) -> Bool {
    isAmortized[layer] || workspace.map == .anchored
  }

  /// Computes the posteriors given latents of one example at the anchor, once.
  func anchor(position: Int, in workspace: Workspace) {
    guard workspace.anchoredPosition != position, isAmortized.contains(false) else { return }
    let lanes = Int(CK_LANE_MULTIPLE)
    let chunk = sample(position: position, lanes: lanes, in: workspace) { layer, workspace in
      let noise = workspace.arena.take(rows: encoders[layer].size, lanes: lanes)
      noise.clear()
      return noise
    }
    for layer in encoders.indices where !isAmortized[layer] {
      for (slot, operand) in chunk.posteriors[layer].enumerated() {
        ck_copy_lanes(encoders[layer].rows(ofParameter: slot), 1, operand, 1, workspace.current[layer][slot].pointer)
      }
    }
    workspace.anchoredPosition = position
  }
}
