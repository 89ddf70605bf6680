import HDF5
import Models

extension ModelReader {
  func prior(_ node: Node, _ input: ModelDescription.Input?, _ layers: Int) -> Prior? {
    guard let kind = node.requiredWord("distribution", Words.priors) else { return nil }
    let what = "a prior with distribution \"\(kind.rawValue)\""
    let scales = Words.scales.map(\.rawValue)
    switch kind {
    case .standardNormal:
      node.allow(only: [], in: what)
      return .standardNormal
    case .normal:
      let meant = node.allow(only: ["mean"] + scales, in: what)
      let mean = constant(node, "mean", rank: 1)
      guard let scale = scale(node, mean, meant), let mean else { return nil }
      return .normal(mean: mean, scaleName: scale.name, scale: scale.tensor)
    case .normalMixture:
      let meant = node.allow(only: ["logits", "mean"] + scales, in: what)
      let mean = constant(node, "mean", rank: 2)
      let logits = logits(node, components: mean?.shape[mean?.by == nil ? 0 : 1], as: "mean")
      guard let scale = scale(node, mean, meant), let mean else { return nil }
      return .normalMixture(logits: logits, mean: mean, scaleName: scale.name, scale: scale.tensor)
    case .vamp:
      node.allow(only: ["pseudo_inputs", "logits"], in: what)
      if layers != 1 {
        node.report("distribution \"vamp\" needs a model of one stochastic layer; this one has \(layers)")
      }
      let inputs = node.requiredTensor("pseudo_inputs")
      if let inputs, let input, Array(inputs.shape.dropFirst()) != input.shape {
        log.report(
          node.path(of: "pseudo_inputs"),
          "has the shape \(Wording.shape(inputs.shape)); expected one more axis than the input \(Wording.shape(input.shape))"
        )
      }
      let logits = logits(node, components: inputs?.shape.first, as: "pseudo_inputs")
      return inputs.map { .vampPrior(logits: logits, pseudoInputs: $0) }
    }
  }

  /// A tensor that must be there, with an axis more where it is one for each category.
  private func constant(_ node: Node, _ name: String, rank: Int) -> Tensor? {
    guard let tensor = node.has(name) ? node.constant(name) : node.requiredTensor(name) else { return nil }
    let expected = rank + (tensor.by == nil ? 0 : 1)
    if tensor.shape.count == expected { return tensor }
    log.report(
      node.path(of: name), "has the shape \(Wording.shape(tensor.shape)); expected \(Wording.axes(expected))")
    return nil
  }

  private func logits(_ node: Node, components: Int?, as other: String) -> Tensor? {
    guard let logits = node.has("logits") ? constant(node, "logits", rank: 1) : nil else { return nil }
    if let components {
      let categories = logits.by == nil ? [] : logits.shape.prefix(1)
      node.expect("logits", logits, shape: categories + [components], because: "as \(other) has components")
    }
    return logits
  }

  /// The scale under whichever name it has; it has the shape of the mean.
  private func scale(_ node: Node, _ mean: Tensor?, _ meant: Set<String>) -> (name: ParameterName, tensor: Tensor)? {
    let present = Words.scales.filter { node.has($0.rawValue) }
    guard present.count <= 1 else {
      node.report("has \(Wording.allOf(present.map(\.rawValue))); expected exactly one of them")
      return nil
    }
    guard let name = present.first else {
      if meant.isDisjoint(with: Words.scales.map(\.rawValue)) {
        node.report("\(Wording.oneOf(Words.scales.map(\.rawValue))) is missing")
      }
      return nil
    }
    guard let tensor = node.constant(name.rawValue) else { return nil }
    // By category or not, each on its own: what fits is judged with the model.
    if let mean, mean.by == tensor.by { node.expect(name.rawValue, tensor, shape: mean.shape, because: "as mean has") }
    if let range = name.range { node.expect(name.rawValue, tensor, range.words, range.isAllowed) }
    return (name, tensor)
  }
}
