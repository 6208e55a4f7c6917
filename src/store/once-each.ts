/** The same function, which makes what it makes of an object once, and keeps it as long as the object lives. */
export function onceEach<Of extends object, Made extends object | string>(
  make: (of: Of) => Made,
): (of: Of) => Made {
  const kept = new WeakMap<Of, Made>();
  return (of) => {
    const made = kept.get(of) ?? make(of);
    kept.set(of, made);
    return made;
  };
}
