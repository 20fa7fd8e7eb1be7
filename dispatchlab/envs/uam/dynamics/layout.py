"""Names of the columns of the arrays that the kernels work on."""

NONE = -1
NEVER = 1 << 60
# Problem.counts
(
    NUM_PORTS, NUM_AIRCRAFT, NUM_BINS, NUM_LEVELS, NUM_LANES, HORIZON, BIN_S, WAIT_S, SEPARATION,
    SEATS, BATTERY_WH, RESERVE_WH, CHARGE_W, TAPERS, NEEDS_CHARGER, NUM_WAITS,
) = range(16)  # fmt: skip
NUM_COUNTS = 16
# Problem.scales
OP_COST, MEAN_FARE, MEAN_DEMAND, MOST_PROFIT, MEAN_BLOCK = range(5)
NUM_SCALES = 5
# Problem.port
SLOTS, CHARGERS, EXPECTED_DELAY, ONWARD_WH = range(4)
PORT_COLUMNS = 4
# Problem.pair
BLOCK_S, LEG_WH = range(2)
PAIR_COLUMNS = 2
# Problem.craft
START_PORT, START_WH, DOWN_FROM, DOWN_UNTIL = range(4)
CRAFT_COLUMNS = 4
# Problem.passenger
REQUEST, LEAVES = range(2)
PASSENGER_COLUMNS = 2
# State.row; SLOT comes first
(
    SLOT, NOW, POINTED, DONE, DECISIONS, LEGS, FLIGHTS, EMPTY_FLIGHTS, SERVED,
) = range(9)  # fmt: skip
ROW_COLUMNS = 9
# State.money
REVENUE, OPERATION, ENERGY = range(3)
MONEY_COLUMNS = 3
# State.craft: PORT is where it is or flies to, UNTIL when its flight, charge, wait or outage ends
STATUS, PORT, UNTIL, CHARGE_WH, TARGET, SINCE, ORIGIN, DEPARTED, ENTERED, LEG = range(10)
STATE_CRAFT_COLUMNS = 10
FLYING, QUEUED, CHARGING, READY, WAITING, DOWN = range(6)
# State.port: CLAIMS counts who charges, queues, or will charge when it lands
HELD, BUSY, CLAIMS = range(3)
STATE_PORT_COLUMNS = 3
# State.pair: passengers between FIRST and BEHIND wait
FIRST, BEHIND = range(2)
STATE_PAIR_COLUMNS = 2
