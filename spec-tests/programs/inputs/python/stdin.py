import sys
print(sys.argv)
def deeper(n):
    return deeper(n + 1)
try:
    deeper(0)
except RecursionError as error:
    print(error)
try:
    [].pop()
except IndexError as error:
    print(error)
class Matrix(list):
    def __matmul__(self, other):
        return Matrix([sum(a * b for a, b in zip(row, column)) for column in zip(*other)] for row in self)
m = Matrix([[1, 1], [1, 0]])
r = m
for _ in range(90):
    r = r @ m
print(r)
print(eval("__import__('functools').reduce(lambda a, b: a * b, range(1, 11))"))
