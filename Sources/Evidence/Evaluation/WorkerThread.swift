import CDispatch  // where the compiler finds pthread_attr_t on Linux
import Foundation

/// Threads of the operating system, which may refuse one: `Thread` of Foundation does not tell.
package enum WorkerThread {
  /// Bytes of stack, whatever the limit of the process's own.
  static let stackSize = 8 << 20

  /// What a worker needs besides its stack before it is clear how much: `malloc` sets addresses aside for each thread.
  private static let room = 128 << 20

  /// Runs `body` on a new thread that nobody waits for.
  ///
  /// - Throws: `SystemError` where there can be no more threads.
  package static func start(_ body: @escaping @Sendable () -> Void) throws {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackSize)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let box = Unmanaged.passRetained(Body(run: body))
    var thread = pthread_t()
    let result = pthread_create(&thread, &attributes, enterWorker, box.toOpaque())
    guard result == 0 else {
      box.release()
      throw SystemError(result)
    }
  }

  /// - Throws: `SystemError` where the system would refuse a worker its memory.
  static func checkRoom() throws {
    let bytes = stackSize + room
    let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard memory != MAP_FAILED else { throw SystemError() }
    munmap(memory, bytes)
  }
}

/// What a thread runs, for the one pointer that it is given.
private final class Body: Sendable {
  let run: @Sendable () -> Void
  init(run: @escaping @Sendable () -> Void) { self.run = run }
}

private func enterWorker(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
  return nil
}
