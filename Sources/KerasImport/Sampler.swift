/// The layer, or the few operations, that draw z: where a graph is cut into encoder and decoder.
struct Sampler {
  /// The tensor z.
  let output: Int
  /// What the sampler takes from the encoder, in the order in which it takes it.
  let heads: [Int]
  /// The operations that the sampler is made of.
  let members: Set<Int>
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
      if found.members.count == 1, ConstantOperation(nodes[node]) != nil { continue }
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
          expected: "--encoder and --decoder",
          found: candidates.map { nodes[$0.output].layer.title }.joined(separator: ", "))
      }
    }
    return candidates.first
  }

  private func isOpaque(_ node: Int) -> Bool { nodes[node].kind == .opaque }

  private func isSum(_ node: Int) -> Bool {
    nodes[node].layer.className == "Add" && nodes[node].inputs.contains { isOpaque($0.node) }
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
        let isNoise = source.layer.className == "GaussianNoise"
        if isOpaque(tensor.node) || isNoise {
          members.insert(tensor.node)
          queue.append(tensor.node)
        } else if !source.isInput, !heads.contains(tensor.node) {
          heads.append(tensor.node)
        }
      }
    }
    return Sampler(output: output, heads: heads, members: members)
  }

  /// What the operations of a sampler say about its scale: which head is exponentiated, and with which factor.
  func scaleEvidence(_ sampler: Sampler) -> ScaleEvidence? {
    let exponentials = sampler.members.filter {
      ["exp", "softplus"].contains(GraphOperation(nodes[$0])?.function)
    }
    guard exponentials.count == 1, let exponential = exponentials.first,
      let function = GraphOperation(nodes[exponential])?.function
    else { return nil }
    var factor = 1.0
    // √exp(x) is exp(x / 2).
    for consumer in consumers[exponential] where GraphOperation(nodes[consumer])?.function == "sqrt" { factor /= 2 }
    var half: Int?
    var current = exponential
    while let tensor = nodes[current].inputs.first, nodes[current].inputs.count == 1 {
      let source = nodes[tensor.node]
      if sampler.heads.contains(tensor.node) {
        return ScaleEvidence(head: tensor.node, half: half, function: function, factor: factor)
      }
      guard sampler.members.contains(tensor.node) else { return nil }
      if let operation = ConstantOperation(source) {
        guard operation.offset == 0 else { return nil }
        factor *= operation.scale
      } else if let part = slice(of: tensor.node, output: tensor.output) {
        half = part
      } else {
        return nil
      }
      current = tensor.node
    }
    return nil
  }

  /// Which half of its input a split or a slice gives; nil for other operations.
  private func slice(of node: Int, output: Int) -> Int? {
    switch GraphOperation(nodes[node])?.function {
    case "split": return output == 0 ? 0 : 1
    case "getitem":
      let last = (nodes[node].constants["slice_spec"] ?? nodes[node].constants["1"])?.array?.last
      return (last?["start"]?.integer ?? 0) == 0 ? 0 : 1
    default: return nil
    }
  }
}

/// What a sampler made of operations gives away.
struct ScaleEvidence {
  let head: Int
  /// 0 or 1 where the head holds both parameters.
  let half: Int?
  /// exp or softplus.
  let function: String
  let factor: Double
}
