extension Planner {
  /// Whether the prior fits a top layer with `units` latents.
  mutating func check(_ prior: Prior, units: Int, encoder: ConditionalPlan, layers: Int) -> Bool {
    switch prior {
    case .standardNormal: return true
    case .normal(let mean, let name, let scale):
      return checkScale(name) && check(mean, [units], "mean") && check(scale, [units], name.rawValue)
    case .normalMixture(let logits, let mean, let name, let scale):
      let count = mean.shape.dropFirst(mean.by == nil ? 0 : 1).first ?? 0
      return checkScale(name) && check(mean, [max(1, count), units], "mean")
        && check(scale, [count, units], name.rawValue) && checkLogits(logits, count)
    case .vampPrior(let logits, let pseudoInputs):
      let count = pseudoInputs.shape.first ?? 0
      let size = encoder.trunk.input.reduce(1, *)
      guard layers == 1 else {
        report("/prior", "a vamp prior needs a model of one stochastic layer; this one has \(layers)")
        return false
      }
      guard encoder.flow.isEmpty else {
        report(
          "/prior",
          "a vamp prior needs the density of q(z|u) at any z; a posterior with a flow gives it at its own samples alone"
        )
        return false
      }
      guard count > 0, pseudoInputs.count == count * size else {
        report("/prior/pseudo_inputs", "expected [c, …] with \(size) elements each, found \(pseudoInputs.shape)")
        return false
      }
      return checkLogits(logits, count)
    }
  }

  private mutating func checkScale(_ name: ParameterName) -> Bool {
    if Distribution.normal.parameters[1].contains(name) { return true }
    report("/prior/\(name.rawValue)", "not a scale: expected log_variance, log_scale, scale or variance")
    return false
  }

  private mutating func check(_ tensor: Tensor, _ shape: [Int], _ name: String) -> Bool {
    guard let source = plan(tensor, path: "/prior/\(name)") else { return false }
    var expected = shape
    if case .table(_, let columns) = source { expected.insert(columns.count, at: 0) }
    if tensor.shape == expected { return true }
    report("/prior/\(name)", "expected shape \(expected), found \(tensor.shape)")
    return false
  }

  private mutating func checkLogits(_ logits: Tensor?, _ count: Int) -> Bool {
    logits.map { check($0, [count], "logits") } ?? true
  }
}
