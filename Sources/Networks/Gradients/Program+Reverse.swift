import CKernels

/// A program's run that keeps every step's output, and the walk back from the gradient of its output to that of its
/// input. Each step says in one place what it keeps, how it runs and what it does in reverse.
extension Program {
  /// Runs the steps before `end` and keeps all they give at `kept`, which has room for `keptRows`.
  ///
  /// - Returns: The last output, or the input where there is no step.
  func runKeeping(_ input: Lanes, kept: UnsafeMutablePointer<Float>, end: Int? = nil, _ k: ck_kernels) -> Lanes {
    var current = input
    for index in 0..<(end ?? steps.count) {
      let step = steps[index]
      let output = Lanes(
        data: kept + keptStarts[index] * input.lanes, rows: step.outputRows ?? current.rows, lanes: input.lanes)
      step.runKeeping(current, into: output, k)
      current = output
    }
    return current
  }

  /// What the steps before `end` gave in a run that kept it.
  func keptOutput(_ input: Lanes, kept: UnsafeMutablePointer<Float>, end: Int? = nil) -> Lanes {
    let end = end ?? steps.count
    guard end > 0 else { return input }
    let rows = steps[..<end].last { !$0.isInPlace }?.outputRows ?? inputRows
    return Lanes(data: kept + keptStarts[end - 1] * input.lanes, rows: rows, lanes: input.lanes)
  }

  /// Writes the gradient of the input, given that of the output, which is used up. Gradients of weights are added to
  /// `weights`; where that of the input isn't needed, nothing of use is written.
  func reverse(
    _ gradient: Lanes, input: Lanes, kept: UnsafeMutablePointer<Float>, into target: Lanes, arena: inout Arena,
    weights: WeightSink? = nil, needsInput: Bool = true, _ k: ck_kernels
  ) {
    // The step that brings the gradient to where it is wanted.
    guard let first = steps.firstIndex(where: { !$0.isInPlaceInReverse }) else {
      var current = gradient
      walk(&current, from: steps.count, input: input, kept: kept, arena: &arena, weights, nil, k) { _, _ in gradient }
      return target.copy(current)
    }
    let mark = arena.used
    let widest = widestReverse
    let halves = [arena.take(rows: widest, lanes: input.lanes), arena.take(rows: widest, lanes: input.lanes)]
    var turn = 0
    var current = gradient
    let last = needsInput ? nil : first
    walk(&current, from: steps.count, input: input, kept: kept, arena: &arena, weights, last, k) { index, rows in
      if index == first { return target }
      turn = 1 - turn
      return Lanes(data: halves[turn].data, rows: rows, lanes: input.lanes)
    }
    arena.release(to: mark)
  }

  private func walk(
    _ current: inout Lanes, from end: Int, input: Lanes, kept: UnsafeMutablePointer<Float>, arena: inout Arena,
    _ weights: WeightSink?, _ last: Int?, _ k: ck_kernels, place: (Int, Int) -> Lanes
  ) {
    for index in ((last ?? 0)..<end).reversed() {
      let before = keptOutput(input, kept: kept, end: index)
      let after = keptOutput(input, kept: kept, end: index + 1)
      let step = steps[index]
      let target = step.isInPlaceInReverse ? current : place(index, before.rows)
      step.reverse(
        current, input: before, output: after, into: target, arena: &arena, weights, needsInput: index != last, k)
      current = target
    }
  }

  /// The most rows of a gradient that lies between two steps.
  private var widestReverse: Int {
    var rows = inputRows
    var widest = 0
    var hasMoved = false
    for step in steps {
      if !step.isInPlaceInReverse {
        if hasMoved { widest = max(widest, rows) }
        hasMoved = true
      }
      rows = step.outputRows ?? rows
    }
    return widest
  }

  /// Rows of arena that the walk back takes.
  var reverseRows: Int { 2 * widestReverse + (steps.map(\.reverseRows).max() ?? 0) }
}

extension Program.Step {
  /// Rows that a run keeps: the output, what elementwise functions need, and what the programs inside keep.
  func keptRows(output rows: Int) -> Int {
    switch self {
    case .copy, .gather, .softmax, .logSoftmax, .normalize: rows
    case .dense(let dense): rows * (1 + dense.epilogue.savedCount)
    case .convolution(let convolution): rows * (1 + convolution.epilogue.savedCount)
    case .elementwise(let functions): rows * (1 + functions.savedCount)
    case .residual(let body, let shortcut), .product(let body, let shortcut):
      rows + body.keptRows + shortcut.keptRows
    case .concatenate(let branches, _): rows + branches.reduce(0) { $0 + $1.program.keptRows }
    }
  }

  /// Runs the step into `output`, behind which lies what it keeps beside it.
  fileprivate func runKeeping(_ input: Lanes, into output: Lanes, _ k: ck_kernels) {
    let lanes = input.lanes
    var beside = output.data + output.rows * lanes
    switch self {
    case .copy: output.copy(input)
    case .dense(let dense): dense.run(input, into: output, saved: beside, k)
    case .convolution(let convolution): convolution.run(input, into: output, saved: beside, k)
    case .gather(let gather): gather.run(input, into: output, k)
    case .elementwise(let functions):
      output.copy(input)
      functions.apply(
        rows: 0..<output.rows, lanes: lanes, output.data, saved: beside, stride: output.rows * lanes, k)
    case .softmax(let classes, let inner):
      output.copy(input)
      k.softmax(output.rows / (classes * inner), classes, inner * lanes, output.data)
    case .logSoftmax(let level):
      output.copy(input)
      k.log_softmax(1, output.rows, lanes, level.pointer[0], output.data)
    case .normalize(let size, let epsilon, let scale, let offset):
      output.copy(input)
      k.layer_norm(output.rows / size, size, lanes, epsilon, scale.pointer, offset.pointer, output.data)
    case .residual(let body, let shortcut):
      output.copy(body.runKeeping(input, kept: beside, k))
      beside += body.keptRows * lanes
      k.add(output.rows * lanes, shortcut.runKeeping(input, kept: beside, k).data, output.data)
    case .product(let first, let second):
      output.copy(first.runKeeping(input, kept: beside, k))
      beside += first.keptRows * lanes
      k.multiply(output.rows * lanes, second.runKeeping(input, kept: beside, k).data, output.data)
    case .concatenate(let branches, _):
      for branch in branches {
        branch.put(branch.program.runKeeping(input, kept: beside, k), into: output)
        beside += branch.program.keptRows * lanes
      }
    }
  }

  /// Whether the gradient of the input takes the place of the output's.
  fileprivate var isInPlaceInReverse: Bool {
    switch self {
    case .copy, .elementwise, .softmax, .logSoftmax, .normalize: true
    case .dense, .convolution, .gather, .residual, .product, .concatenate: false
    }
  }

  /// Rows of arena that the step takes in reverse.
  fileprivate var reverseRows: Int {
    switch self {
    case .copy, .dense, .convolution, .gather, .elementwise, .softmax, .logSoftmax, .normalize: 0
    case .residual(let body, let shortcut), .product(let body, let shortcut):
      (body.steps.isEmpty ? shortcut.inputRows : body.outputRows) + body.inputRows
        + max(body.reverseRows, shortcut.reverseRows)
    case .concatenate(let branches, _):
      (branches.first?.program.inputRows ?? 0)
        + (branches.map { $0.program.outputRows + $0.program.reverseRows }.max() ?? 0)
    }
  }

  /// Turns the gradient of the output into that of the input; the former is used up.
  fileprivate func reverse(
    _ gradient: Lanes, input: Lanes, output: Lanes, into target: Lanes, arena: inout Arena, _ weights: WeightSink?,
    needsInput: Bool, _ k: ck_kernels
  ) {
    let lanes = input.lanes
    var beside = output.data + output.rows * lanes
    let mark = arena.used
    switch self {
    case .copy: break
    case .dense(let dense):
      dense.reverse(
        gradient, input: input, output: output, saved: beside, into: target, weights, needsInput: needsInput, k)
    case .convolution(let convolution):
      convolution.epilogue.reverse(
        rows: output.rows, lanes: lanes, gradient: gradient.data, output: output.data, saved: beside, k)
      weights?.add(convolution, delta: gradient, input: input, k)
      if needsInput { convolution.transposed.value.run(gradient, into: target, k) }
    case .gather(let gather):
      gather.reverse(gradient, input: input, output: output, into: target, k)
    case .elementwise(let functions):
      functions.reverse(
        rows: output.rows, lanes: lanes, gradient: gradient.data, output: output.data, saved: beside, k)
    case .softmax(let classes, let inner):
      k.softmax_reverse(output.rows / (classes * inner), classes, inner * lanes, output.data, gradient.data)
    case .logSoftmax(let level):
      k.log_softmax_reverse(1, output.rows, lanes, level.pointer[0], output.data, gradient.data)
    case .normalize(let size, let epsilon, let scale, _):
      k.layer_norm_reverse(output.rows / size, size, lanes, epsilon, scale.pointer, input.data, gradient.data)
    case .residual(let body, let shortcut):
      let second = arena.take(rows: gradient.rows, lanes: lanes)
      second.copy(gradient)
      body.reverse(
        gradient, input: input, kept: beside, into: target, arena: &arena, weights: weights, needsInput: needsInput, k)
      beside += body.keptRows * lanes
      let rest = arena.take(rows: input.rows, lanes: lanes)
      shortcut.reverse(
        second, input: input, kept: beside, into: rest, arena: &arena, weights: weights, needsInput: needsInput, k)
      k.add(target.rows * lanes, rest.data, target.data)
    case .product(let first, let second):
      // Of a · b: the gradient times b goes to a, and that times a to b.
      let others = arena.take(rows: gradient.rows, lanes: lanes)
      others.copy(gradient)
      let keptSecond = beside + first.keptRows * lanes
      k.multiply(gradient.rows * lanes, second.keptOutput(input, kept: keptSecond).data, gradient.data)
      k.multiply(gradient.rows * lanes, first.keptOutput(input, kept: beside).data, others.data)
      first.reverse(
        gradient, input: input, kept: beside, into: target, arena: &arena, weights: weights, needsInput: needsInput, k)
      let rest = arena.take(rows: input.rows, lanes: lanes)
      second.reverse(
        others, input: input, kept: keptSecond, into: rest, arena: &arena, weights: weights, needsInput: needsInput, k)
      k.add(target.rows * lanes, rest.data, target.data)
    case .concatenate(let branches, _):
      let rest = arena.take(rows: input.rows, lanes: lanes)
      for (index, branch) in branches.enumerated() {
        let mark = arena.used
        let part = branch.part(of: gradient, arena: &arena)
        branch.program.reverse(
          part, input: input, kept: beside, into: index == 0 ? target : rest, arena: &arena, weights: weights,
          needsInput: needsInput, k)
        if index > 0 { k.add(target.rows * lanes, rest.data, target.data) }
        beside += branch.program.keptRows * lanes
        arena.release(to: mark)
      }
    }
    arena.release(to: mark)
  }
}

extension DenseStep {
  /// Turns the gradient of the output into that of the input, and adds that of the weights.
  func reverse(
    _ gradient: Lanes, input: Lanes, output: Lanes, saved: UnsafePointer<Float>, into target: Lanes,
    _ sink: WeightSink?, needsInput: Bool, _ k: ck_kernels
  ) {
    epilogue.reverse(
      rows: output.rows, lanes: output.lanes, gradient: gradient.data, output: output.data, saved: saved, k)
    sink?.add(self, delta: gradient, input: input, k)
    if !needsInput { return }
    let weights = transposed.value
    for position in 0..<positions {
      k.product(
        inputs, outputs, weights.pointer, gradient.data + position * outputs * output.lanes, nil, output.lanes,
        target.data + position * inputs * output.lanes, 1)
    }
  }
}

extension GatherStep {
  fileprivate func reverse(_ gradient: Lanes, input: Lanes, output: Lanes, into target: Lanes, _ k: ck_kernels) {
    target.clear()
    if weights.isEmpty {
      k.gather_max_reverse(rows, taps, index, input.data, output.data, gradient.data, input.lanes, target.data)
    } else {
      k.gather_sum_reverse(rows, taps, index, weights, gradient.data, input.lanes, target.data)
    }
  }
}

extension Program.Branch {
  /// Puts the branch's output where it belongs.
  fileprivate func put(_ part: Lanes, into output: Lanes) {
    for (from, to) in rows.enumerated() {
      (output.data + to * output.lanes).update(from: part.data + from * output.lanes, count: output.lanes)
    }
  }

  /// The branch's part of a gradient.
  fileprivate func part(of gradient: Lanes, arena: inout Arena) -> Lanes {
    let part = arena.take(rows: rows.count, lanes: gradient.lanes)
    for (to, from) in rows.enumerated() {
      (part.data + to * part.lanes).update(from: gradient.data + from * part.lanes, count: part.lanes)
    }
    return part
  }
}
