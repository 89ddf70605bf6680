import CKernels

extension Program {
  /// Runs the program; the result lies in the arena, or is the input itself for the identity.
  func run(_ input: Lanes, arena: inout Arena, _ k: ck_kernels) -> Lanes {
    guard !steps.isEmpty else { return input }
    let output = arena.take(rows: outputRows, lanes: input.lanes)
    run(input, into: output, arena: &arena, k)
    return output
  }

  /// Runs the program into `output`, and leaves the arena as it was.
  func run(_ input: Lanes, into output: Lanes, arena: inout Arena, _ k: ck_kernels) {
    guard !steps.isEmpty else { return output.copy(input) }
    let mark = arena.used
    let lanes = input.lanes
    let scratch = arena.take(rows: intermediateRows, lanes: lanes)
    var current = input
    for (step, place) in zip(steps, places) {
      let start =
        switch place {
        case .scratch(let row)?: scratch.data + row * lanes
        case .output?: output.data
        case nil: current.data
        }
      switch step {
      case .copy(let rows):
        let target = Lanes(data: start, rows: rows, lanes: lanes)
        target.copy(current)
        current = target
      case .dense(let dense):
        let target = Lanes(data: start, rows: dense.outputs * dense.positions, lanes: lanes)
        dense.run(current, into: target, k)
        current = target
      case .convolution(let convolution):
        let target = Lanes(data: start, rows: convolution.outputRows, lanes: lanes)
        convolution.run(current, into: target, k)
        current = target
      case .gather(let gather):
        let target = Lanes(data: start, rows: gather.rows, lanes: lanes)
        gather.run(current, into: target, k)
        current = target
      case .elementwise(let functions):
        functions.apply(rows: 0..<current.rows, lanes: lanes, current.data, k)
      case .softmax(let classes, let inner):
        // Rows that are `inner` apart are neighbours in a matrix of `inner` times as many lanes.
        k.softmax(current.rows / (classes * inner), classes, inner * lanes, current.data)
      case .logSoftmax(let level):
        k.log_softmax(1, current.rows, lanes, level.pointer[0], current.data)
      case .normalize(let size, let epsilon, let scale, let offset):
        k.layer_norm(current.rows / size, size, lanes, epsilon, scale.pointer, offset.pointer, current.data)
      case .residual(let body, let shortcut):
        let target = Lanes(data: start, rows: body.outputRows, lanes: lanes)
        body.run(current, into: target, arena: &arena, k)
        let mark = arena.used
        k.add(target.rows * lanes, shortcut.run(current, arena: &arena, k).data, target.data)
        arena.release(to: mark)
        current = target
      case .product(let first, let second):
        let target = Lanes(data: start, rows: first.outputRows, lanes: lanes)
        first.run(current, into: target, arena: &arena, k)
        let mark = arena.used
        k.multiply(target.rows * lanes, second.run(current, arena: &arena, k).data, target.data)
        arena.release(to: mark)
        current = target
      case .concatenate(let branches, let outputRows):
        let target = Lanes(data: start, rows: outputRows, lanes: lanes)
        for branch in branches { branch.run(current, into: target, arena: &arena, k) }
        current = target
      }
    }
    arena.release(to: mark)
  }
}

extension Program.Branch {
  fileprivate func run(_ input: Lanes, into output: Lanes, arena: inout Arena, _ k: ck_kernels) {
    guard let first = rows.first else { return }
    if isContiguous {
      let part = Lanes(data: output.data + first * output.lanes, rows: rows.count, lanes: output.lanes)
      return program.run(input, into: part, arena: &arena, k)
    }
    let mark = arena.used
    let part = arena.take(rows: rows.count, lanes: output.lanes)
    program.run(input, into: part, arena: &arena, k)
    for (from, to) in rows.enumerated() {
      (output.data + to * output.lanes).update(from: part.data + from * output.lanes, count: output.lanes)
    }
    arena.release(to: mark)
  }
}
