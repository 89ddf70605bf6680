import HDF5
import Models

extension ModelReader {
  func dense(_ node: Node) -> Dense? {
    guard let (weight, layout) = weight(node, rank: 2) else { return nil }
    let outputs = weight.shape[layout == .kernel ? 1 : 0]
    var dense = Dense(weight: weight, layout: layout, bias: bias(node, outputs))
    dense.covariates = covariateNames(node)
    return dense
  }

  func convolution(_ node: Node, dimensions: Int = 2) -> Convolution? {
    let stride = node.integers("stride", count: dimensions, least: 1)
    let dilation = node.integers("dilation", count: dimensions, least: 1)
    let groups = node.integers("groups", count: 1, least: 1)?.first
    let padding = padding(node, dimensions: dimensions)
    guard let (weight, layout) = weight(node, rank: dimensions + 2) else { return nil }
    let outputs = weight.shape[layout == .kernel ? dimensions + 1 : 0]
    if let groups, outputs % groups != 0 {
      node.report("attribute groups is \(groups); expected a divisor of the \(outputs) output channels")
    }
    var layer = Convolution(weight: weight, layout: layout, bias: bias(node, outputs))
    layer.stride = stride ?? Array(repeating: 1, count: dimensions)
    layer.dilation = dilation ?? Array(repeating: 1, count: dimensions)
    layer.groups = groups ?? layer.groups
    layer.padding = padding
    return layer
  }

  func transposedConvolution(_ node: Node, dimensions: Int = 2) -> TransposedConvolution? {
    let stride = node.integers("stride", count: dimensions, least: 1)
    let dilation = node.integers("dilation", count: dimensions, least: 1)
    let outputPadding = node.integers("output_padding", count: dimensions, least: 0)
    let groups = node.integers("groups", count: 1, least: 1)?.first ?? 1
    let padding = padding(node, dimensions: dimensions)
    guard let (weight, layout) = weight(node, rank: dimensions + 2) else { return nil }
    if layout == .kernel, groups != 1 {
      node.report("attribute groups is \(groups); expected 1 with a kernel, which Keras has no groups for")
    } else if layout == .weight, weight.shape[0] % groups != 0 {
      node.report("attribute groups is \(groups); expected a divisor of the \(weight.shape[0]) input channels")
    }
    let outputs =
      layout == .kernel
      ? weight.shape[dimensions] : weight.shape[1].multipliedReportingOverflow(by: groups).partialValue
    var layer = TransposedConvolution(weight: weight, layout: layout, bias: bias(node, outputs))
    layer.stride = stride ?? Array(repeating: 1, count: dimensions)
    layer.dilation = dilation ?? Array(repeating: 1, count: dimensions)
    layer.outputPadding = outputPadding ?? Array(repeating: 0, count: dimensions)
    layer.groups = groups
    layer.padding = padding
    return layer
  }

  /// The weights under either of their names, which fixes how they lie.
  private func weight(_ node: Node, rank: Int) -> (Tensor, WeightLayout)? {
    switch (node.has("kernel"), node.has("weight")) {
    case (true, true): node.report("has kernel and weight; expected exactly one of them")
    case (false, false): node.report("kernel or weight is missing")
    case (true, false): return node.tensor("kernel", rank: rank).map { ($0, .kernel) }
    case (false, true): return node.tensor("weight", rank: rank).map { ($0, .weight) }
    }
    return nil
  }

  private func bias(_ node: Node, _ outputs: Int) -> Tensor? {
    let bias = node.tensor("bias", rank: 1)
    node.expect("bias", bias, shape: [outputs], because: "for \(outputs) outputs")
    return bias
  }
}
