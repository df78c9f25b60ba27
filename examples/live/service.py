"""A model service that logs each prediction to Plimsoll, and the truth when it is known.

The model is a rule, so that nothing but the logging is to be seen. Rows wait in a bounded queue and are sent in batches by
one task; answering a caller never waits for the monitoring.
"""

import asyncio
import os
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

PLIMSOLL = os.environ.get("PLIMSOLL_URL", "http://127.0.0.1:8000")
PROJECT = "loan-service"
TOKEN = os.environ.get("PLIMSOLL_TOKEN")
BATCH = 200
QUEUE = 10_000


class Application(BaseModel):
    """What the model sees."""

    income: float
    amount: float
    city: str


class Outcome(BaseModel):
    """What turned out to be true."""

    repaid: bool


class Log:
    """Rows on their way to one of the two tables of a project."""

    def __init__(self, client: httpx.AsyncClient, table: str) -> None:
        self.client = client
        self.url = f"{PLIMSOLL}/api/v1/projects/{PROJECT}/{table}"
        self.rows: asyncio.Queue[dict] = asyncio.Queue(QUEUE)
        self.dropped = 0

    def add(self, row: dict) -> None:
        """Puts a row into the queue; a full queue drops it, because answering comes first."""
        try:
            self.rows.put_nowait(row)
        except asyncio.QueueFull:
            self.dropped += 1

    async def run(self) -> None:
        """Sends what is in the queue until the task is cancelled."""
        while True:
            batch = [await self.rows.get()]
            while len(batch) < BATCH and not self.rows.empty():
                batch.append(self.rows.get_nowait())
            await self.send(batch)
            for _ in batch:
                self.rows.task_done()

    async def send(self, batch: list[dict]) -> None:
        """Sends a batch until it is taken; the key makes a repeated request harmless."""
        key = {"Idempotency-Key": str(uuid.uuid4())}
        while True:
            wait = 1.0
            try:
                answer = await self.client.post(self.url, json=batch, headers=key)
            except httpx.TransportError as error:
                print(f"Plimsoll cannot be reached, trying again: {error}")
            else:
                if answer.status_code not in (429, 503):
                    if answer.is_error or answer.json()["rejected"]:
                        print(f"Plimsoll refused rows: {answer.text}")
                    return
                wait = float(answer.headers.get("Retry-After", wait))
            await asyncio.sleep(wait)


@asynccontextmanager
async def lifespan(app: FastAPI):
    """Sends rows while the service runs, and the last of them when it ends."""
    headers = {"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}
    async with httpx.AsyncClient(timeout=10, headers=headers) as client:
        app.state.predictions = Log(client, "predictions")
        app.state.labels = Log(client, "labels")
        logs = (app.state.predictions, app.state.labels)
        tasks = [asyncio.create_task(log.run()) for log in logs]
        yield
        try:
            async with asyncio.timeout(10):
                await asyncio.gather(*(log.rows.join() for log in logs))
        except TimeoutError:
            print("rows that Plimsoll did not take in time are lost")
        for task in tasks:
            task.cancel()


app = FastAPI(title="Loan service", lifespan=lifespan)


def now() -> str:
    return datetime.now(UTC).isoformat()


@app.post("/predict")
async def predict(application: Application) -> dict:
    """Decides on an application."""
    score = application.income / (application.income + application.amount / 12)
    prediction = {"id": str(uuid.uuid4()), "repaid_predicted": score >= 0.5, "score": score}
    app.state.predictions.add({"at": now(), **application.model_dump(), **prediction})
    return prediction


@app.post("/outcomes/{prediction_id}", status_code=202)
async def outcome(prediction_id: uuid.UUID, outcome: Outcome) -> dict:
    """Takes the truth about an application, whenever it is known."""
    if app.state.labels.rows.full():
        raise HTTPException(503, "too many outcomes wait", {"Retry-After": "1"})
    app.state.labels.add({"id": str(prediction_id), "at": now(), "repaid": outcome.repaid})
    return {"id": str(prediction_id)}
