import JSON
import Models

/// The layer, or the few operations, that draw z: where a graph is cut into encoder and decoder.
struct Sampler {
  /// The tensor z.
  let output: Int
  /// What the sampler takes from the encoder, in the order in which it takes it.
  let heads: [Int]
  /// The operations that the sampler is made of.
  let members: Set<Int>
  /// The head that is added to, and the one that multiplies the noise, where the sampler is made of operations.
  var mean: Int?
  var scale: Int?
  /// What is taken to be so of layers whose computation can't be seen.
  var notes: [KerasAssumption] = []
  /// A part of the sampler of which nothing is known: what it does to the heads would be lost.
  var unknown: Int?
}

extension KerasGraph {
  /// The sampler on the way to a tensor; nil where there is none.
  ///
  /// A sampler is computation without a known equivalent, or the sum that ends such a computation, through which every
  /// path from the input to the tensor leads.
  func sampler(before output: Int) throws -> Sampler? {
    var candidates: [Sampler] = []
    for node in dominatorChain(of: output) where isOpaque(node) || isSum(node) {
      // What an earlier find consists of is not another one.
      if candidates.contains(where: { $0.members.contains(node) }) { continue }
      let found = sampler(endingAt: node)
      guard !found.heads.isEmpty else { continue }
      candidates.append(found)
    }
    if candidates.count > 1 {
      let named = candidates.filter { UsualNames.isSampler(nodes[$0.output].layer) }
      let several = candidates.filter { $0.heads.count > 1 }
      if named.count == 1 {
        candidates = named
      } else if several.count == 1 {
        candidates = several
      } else {
        throw ImportError(
          .undecided, file: file, "several layers could be the one that draws z; name encoder and decoder",
          found: candidates.map { nodes[$0.output].layer.title }.joined(separator: ", "), remedy: .nameModels)
      }
    }
    return candidates.first
  }

  /// The sampler, unless it has a part of which nothing is known.
  func checked(_ sampler: Sampler) throws -> Sampler {
    guard let unknown = sampler.unknown else { return sampler }
    throw ImportError(
      .unsupportedLayer, file: file, place: place(of: unknown),
      "what \(nodes[unknown].layer.title) does to the posterior's parameters can't be seen, and leaving it out would "
        + "make another model",
      expected: "layers and operations that the model format has between the heads and the layer that draws z")
  }

  private func isOpaque(_ node: Int) -> Bool { nodes[node].kind == .opaque }

  /// Whether a node is part of what draws z: a computation that can't be seen, or one that random numbers go into.
  private func isDrawn(_ node: Int) -> Bool {
    isOpaque(node) || isNoisy[node] || (isProduct(node) && nodes[node].inputs.contains { isOpaque($0.node) })
  }

  private func isSum(_ node: Int) -> Bool {
    isAddition(node) && nodes[node].inputs.contains { isDrawn($0.node) }
  }

  /// Walks from z through operations to the layers that feed them.
  private func sampler(endingAt output: Int) -> Sampler {
    var members: Set = [output]
    var heads: [Int] = []
    var queue = [output]
    var position = 0
    while position < queue.count {
      let node = nodes[queue[position]]
      position += 1
      if GraphOperation(node)?.usesShapeOnly == true { continue }
      for tensor in node.inputs where !members.contains(tensor.node) {
        let source = nodes[tensor.node]
        if isDrawn(tensor.node) || source.layer.className == "GaussianNoise" {
          members.insert(tensor.node)
          queue.append(tensor.node)
        } else if !source.isInput, !heads.contains(tensor.node) {
          heads.append(tensor.node)
        }
      }
    }
    var sampler = Sampler(output: output, heads: heads, members: members)
    examine(&sampler, order: queue)
    return sampler
  }

  /// Finds out what each member does, as far as it can be seen.
  private func examine(_ sampler: inout Sampler, order: [Int]) {
    let output = sampler.output
    let isSum = isAddition(output)
    if isSum {
      // z = mean + scale · noise.
      let means = sampler.heads.filter { head in nodes[output].inputs.contains { $0.node == head } }
      let scales = sampler.heads.filter { head in
        consumers[head].contains { sampler.members.contains($0) && isProduct($0) }
      }
      if means.count == 1, scales.count == 1, means != scales {
        sampler.mean = means[0]
        sampler.scale = scales[0]
      }
    }
    let knownInputs = nodes[output].inputs.count { !isOpaque($0.node) && !nodes[$0.node].isInput }
    for member in order where member != output && !isNoise(member) && !isProduct(member) {
      let node = nodes[member]
      let into = consumers[member].filter(sampler.members.contains)
      let title = node.layer.title
      if TensorFunction(node) == .identity { continue }
      if GraphOperation(node) != nil {
        if isAddition(member), into.allSatisfy(isProduct) { continue }
        sampler.unknown = sampler.unknown ?? member
      } else if UsualNames.isLoss(node.layer) {
        sampler.notes.append("\(title) is taken to hand on its inputs as they are")
      } else if isSum, into.contains(where: isProduct) || (into.contains(output) && knownInputs > 0) {
        sampler.notes.append("\(title) is taken to make the scale of z out of the layer before it")
      } else if !isSum, into == [output], knownInputs >= 2 {
        // A sampler that is given mean, scale and this: the noise.
        continue
      } else {
        sampler.unknown = sampler.unknown ?? member
      }
    }
  }

  private func isAddition(_ node: Int) -> Bool {
    nodes[node].inputs.count > 1 && MergeOperation(nodes[node]) == .sum
  }

  private func isProduct(_ node: Int) -> Bool {
    nodes[node].inputs.count > 1 && MergeOperation(nodes[node]) == .product
  }

  /// Random numbers, and what shapes are made of.
  private func isNoise(_ node: Int) -> Bool {
    if nodes[node].layer.className == "GaussianNoise" { return true }
    guard let operation = GraphOperation(nodes[node]) else { return false }
    // Noise of another spread would scale z.
    if operation.function == "random" { return operation.isStandard(nodes[node]) }
    return operation.usesShapeOnly
      || (!nodes[node].inputs.isEmpty && nodes[node].inputs.allSatisfy { isNoise($0.node) })
  }
}

extension GraphOperation {
  /// Whether random numbers are standard normal ones, as far as the operation's name and arguments tell.
  fileprivate func isStandard(_ node: GraphNode) -> Bool {
    func number(_ key: String) -> Double? {
      (node.constants[key] ?? node.layer.config[key]).flatMap(KerasActivation.scalar)
    }
    return number("stddev") ?? 1 == 1 && number("mean") ?? 0 == 0
  }
}

/// A scale as the operations before the noise make it: which tensor, and what it is.
struct ScaleForm {
  var node: Int
  var name: ParameterName
  /// Applied to the tensor.
  var activation = Activation.identity
}

extension KerasGraph {
  /// What multiplies the noise, in the form in which the model format stores it: the logarithm of a variance where the
  /// operations are exp(½ ·) or √exp.
  func scaleForm(of node: Int) -> ScaleForm {
    switch GraphOperation(nodes[node])?.function {
    case "exp": return exponential(nodes[node].inputs[0].node, factor: 1)
    case "sqrt":
      let inner = nodes[node].inputs[0].node
      if GraphOperation(nodes[inner])?.function == "exp" {
        return exponential(nodes[inner].inputs[0].node, factor: 0.5)
      }
      return ScaleForm(node: inner, name: .variance)
    default: break
    }
    // A normal distribution of scale −s is one of scale s.
    return ScaleForm(node: node, name: .scale, activation: isPositive(node) ? .identity : .abs)
  }

  /// The scale exp(factor · x).
  private func exponential(_ x: Int, factor: Double) -> ScaleForm {
    var (node, factor) = (x, factor)
    while let affine = ConstantOperation(nodes[node]), affine.offset == 0 {
      factor *= affine.scale
      node = nodes[node].inputs[0].node
    }
    if abs(factor - 0.5) < 1e-6 { return ScaleForm(node: node, name: .logVariance) }
    if abs(factor - 1) < 1e-6 { return ScaleForm(node: node, name: .logScale) }
    return ScaleForm(node: x, name: .logScale)
  }

  /// Whether no value of a tensor is negative, as far as the last layer or operation tells.
  func isPositive(_ node: Int) -> Bool {
    if let affine = ConstantOperation(nodes[node]) {
      return affine.scale >= 0 && affine.offset >= 0 && isPositive(nodes[node].inputs[0].node)
    }
    if let function = TensorFunction(nodes[node]) { return function.isPositive }
    let layer = nodes[node].layer
    let activation =
      KerasLayerKind.variables(of: layer) == nil
      ? KerasActivation.layer(layer) : KerasActivation.named(layer.config["activation"])
    return activation?.isPositive ?? false
  }
}
