/// Products, and layers that only choose elements.
extension Planner {
  mutating func planPermute(_ order: [Int], _ shape: [Int], path: String) -> Planned? {
    guard order.sorted() == Array(shape.indices) else {
      report("\(path)/axes", "expected each of the axes 0 … \(shape.count - 1) of \(shape) once; found \(order)")
      return nil
    }
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    let output = order.map { shape[$0] }
    return (.selection(Self.selection(output, strides: order.map { strides[$0] })), output, 0)
  }

  /// For each element of a shape, the number of the element at the same place of an array with these strides.
  private static func selection(_ shape: [Int], strides: [Int]) -> [Int32] {
    var result: [Int32] = [0]
    for (extent, stride) in zip(shape, strides) {
      result = result.flatMap { start in (0..<extent).map { start + Int32($0 * stride) } }
    }
    return result
  }

  mutating func planProduct(_ factors: [Stack], _ shape: [Int], path: String) -> Planned? {
    guard factors.count > 1 else {
      report(path, "a product layer needs at least two factors, found \(factors.count)")
      return nil
    }
    var planned: [StackPlan] = []
    for (index, factor) in factors.enumerated() {
      guard let plan = plan(factor, input: shape, path: path + "/factors/\(index)") else { return nil }
      planned.append(plan)
    }
    let shapes = planned.map(\.output)
    guard let output = product(of: shapes) else {
      report(path, "factors whose shapes don't fit: \(shapes.map { "\($0)" }.joined(separator: ", "))")
      return nil
    }
    for index in planned.indices where planned[index].output != output {
      let selection = Self.selection(output, strides: strides(of: planned[index].output, in: output))
      planned[index].layers.append(
        LayerPlan(operation: .selection(selection), activation: .identity, output: output, multiplyAdds: 0))
    }
    var result = planned.removeLast()
    while let factor = planned.popLast() {
      let multiplyAdds = factor.multiplyAdds + result.multiplyAdds + output.reduce(1, *)
      guard !planned.isEmpty else { return (.product(factor, result), output, multiplyAdds) }
      var joined = StackPlan(input: shape)
      joined.layers = [
        LayerPlan(
          operation: .product(factor, result), activation: .identity, output: output, multiplyAdds: multiplyAdds)
      ]
      result = joined
    }
    return nil
  }

  /// The shape that factors of these shapes are repeated to; nil where they don't fit.
  private func product(of shapes: [[Int]]) -> [Int]? {
    let rank = shapes.map(\.count).max() ?? 0
    var output = [Int](repeating: 1, count: rank)
    for shape in shapes {
      guard let raised = raised(shape, rank) else { return nil }
      for axis in 0..<rank where raised[axis] != 1 {
        guard output[axis] == 1 || output[axis] == raised[axis] else { return nil }
        output[axis] = raised[axis]
      }
    }
    return output.elementCount(atMost: Self.largestLayer) == nil ? nil : output
  }

  /// A vector of channels as an image of one pixel.
  private func raised(_ shape: [Int], _ rank: Int) -> [Int]? {
    if shape.count == rank { return shape }
    guard shape.count == 1 else { return nil }
    var result = [Int](repeating: 1, count: rank)
    result[dataFormat == .channelsFirst && rank == 3 ? 0 : rank - 1] = shape[0]
    return result
  }

  /// The strides of a factor along the axes of the product; 0 where it is repeated.
  private func strides(of shape: [Int], in output: [Int]) -> [Int] {
    let raised = raised(shape, output.count) ?? shape
    var strides = [Int](repeating: 0, count: raised.count)
    var stride = 1
    for axis in raised.indices.reversed() {
      strides[axis] = raised[axis] == 1 ? 0 : stride
      stride *= raised[axis]
    }
    return strides
  }

  mutating func planBorder(_ amounts: [Int], _ mode: BorderMode, _ shape: [Int], path: String) -> Planned? {
    guard let input = image(shape, .padBorder(amounts, mode), path: path),
      let sides = sides(amounts, "padding", path: path)
    else { return nil }
    let extents = [input.height, input.width]
    if mode == .reflect, zip(sides, [extents[0], extents[0], extents[1], extents[1]]).contains(where: { $0 >= $1 }) {
      report("\(path)/padding", "a mirrored border is narrower than the image: found \(sides) around \(extents)")
      return nil
    }
    guard
      let output = output(
        input.height + sides[0] + sides[1], input.width + sides[2] + sides[3], input.channels, from: input, path: path)
    else { return nil }
    func place(_ position: Int, _ extent: Int) -> Int {
      switch mode {
      case .replicate: min(max(position, 0), extent - 1)
      case .reflect: position < 0 ? -position : position >= extent ? 2 * (extent - 1) - position : position
      }
    }
    var selection = [Int32](repeating: 0, count: output.count)
    for y in 0..<output.height {
      for x in 0..<output.width {
        let (row, column) = (place(y - sides[0], input.height), place(x - sides[2], input.width))
        for channel in 0..<output.channels {
          selection[output.row(y, x, channel)] = Int32(input.row(row, column, channel))
        }
      }
    }
    return (.selection(selection), output.shape, 0)
  }
}
